#pragma once

#include "json_reader.hpp"

// What is read of the API server's objects, and so all that is kept of them while they are read.
namespace canaryd::traffic {

inline constexpr Shape percent_shape[] = {{"canaryTrafficPercent"}};
inline constexpr Shape spec_shape[] = {
    {"predictor", percent_shape}, {"transformer", percent_shape}, {"explainer", percent_shape}};
inline constexpr Shape share_shape[] = {{"revisionName"}, {"percent"}, {"tag"}};
inline constexpr Shape component_shape[] = {{"latestCreatedRevision"},
                                            {"latestReadyRevision"},
                                            {"latestRolledoutRevision"},
                                            {"previousRolledoutRevision"},
                                            {"traffic", share_shape}};
inline constexpr Shape components_shape[] = {
    {"predictor", component_shape}, {"transformer", component_shape}, {"explainer", component_shape}};
inline constexpr Shape condition_shape[] = {{"type"}, {"status"}, {"reason"}, {"message"}, {"lastTransitionTime"}};
inline constexpr Shape status_shape[] = {
    {"deploymentMode"}, {"conditions", condition_shape}, {"components", components_shape}};

// fieldsV1 whole: whether an entry holds nothing but the percent decides what its time is worth.
inline constexpr Shape managed_shape[] = {{"manager"}, {"operation"}, {"subresource"}, {"time"}, {"fieldsV1"}};
inline constexpr std::string_view mode_annotation = "serving.kserve.io/deploymentMode";
inline constexpr Shape annotations_shape[] = {{mode_annotation}};
inline constexpr Shape metadata_shape[] = {{"name"},
                                           {"namespace"},
                                           {"uid"},
                                           {"generation"},
                                           {"resourceVersion"},
                                           {"continue"},
                                           {"creationTimestamp"},
                                           {"deletionTimestamp"},
                                           {"labels"},
                                           {"annotations", annotations_shape},
                                           {"managedFields", managed_shape}};
// `code` and `message` are those of a Status, which stands in the place of the object in an ERROR event.
inline constexpr Shape object_shape[] = {
    {"kind"}, {"metadata", metadata_shape}, {"spec", spec_shape}, {"status", status_shape}, {"code"}, {"message"}};
inline constexpr Shape page_shape[] = {{"kind"}, {"metadata", metadata_shape}, {"items", object_shape}};
// The object of an ERROR event has a `status` that is a string ("Failure"); it is not read.
inline constexpr Shape event_shape[] = {{"type"}, {"object", object_shape}};
inline constexpr Shape message_shape[] = {{"message"}};

}  // namespace canaryd::traffic
