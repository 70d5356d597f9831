#!/bin/sh
# The rollout by hand, as scripts do it: 10, 25, 50, 100 %, and back to 0 when a check says no. README.md tells what it does
# not see; canaryd is there so that nobody needs it.
#
#   CHECK='promtool query ... | ...' WAIT=900 ./rollout.sh ml iris
#
# CHECK is a command that fails when the canary is bad; it gets namespace and name.
set -eu
namespace=$1
name=$2
: "${CHECK:?a command that fails when the canary is bad}"

set_percent() {
  echo "$namespace/$name: $1 %"
  kubectl -n "$namespace" patch inferenceservice "$name" --type=merge \
    -p "{\"spec\":{\"predictor\":{\"canaryTrafficPercent\":$1}}}"
}

for percent in 10 25 50 100; do
  set_percent "$percent"
  sleep "${WAIT:-900}"
  if ! sh -c "$CHECK" check "$namespace" "$name"; then
    set_percent 0
    exit 1
  fi
done
# The canary is the stable model now. A percent that stays would take the next model along.
kubectl -n "$namespace" patch inferenceservice "$name" --type=json \
  -p '[{"op":"remove","path":"/spec/predictor/canaryTrafficPercent"}]'
