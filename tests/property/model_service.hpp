#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "model_cluster.hpp"

namespace canaryd::property {

// One InferenceService, with what stands behind it.
struct ModelCluster::Service {
  struct Owner {                     // of fields, by managedFields
    std::set<std::string> percents;  // components
    bool owns_model = false;
    WallTime time;
  };
  Json object;
  std::vector<KnativeModel> components;
  std::map<std::string, Owner> owners;
  ServiceLook look;  // of the object
  SteadyTime changed;
  bool settled = false;  // the controllers have nothing to do
};

}  // namespace canaryd::property
