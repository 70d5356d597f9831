#pragma once

#include "canaryd/base/error.hpp"
#include "canaryd/rules/render.hpp"

namespace canaryd::rules {

// Whether the API server takes it: a name is a DNS subdomain, a namespace a DNS label, a label as Kubernetes writes it
// (kubernetes.io/docs/concepts/overview/working-with-objects/names and .../labels). `invalid` says what was expected.
Status check(const ObjectMeta& meta);

}  // namespace canaryd::rules
