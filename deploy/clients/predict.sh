#!/usr/bin/env bash
# Asks for one patient, then for a table of patients. Needs curl 7.82 or later, and jq.
#
#     predict.sh [URL]
set -euo pipefail

url=${1:-${DRUG_CLASSIFIER_URL:-http://127.0.0.1:8000}}

# ask PATH OPTION…: prints the answer, or ends with the service's own words.
ask() {
  local answer path=$1
  shift
  if answer=$(curl -sS --fail-with-body "$url$path" "$@"); then
    printf '%s\n' "$answer"
  else
    jq -r '.title, (.errors // [.])[].detail' <<< "$answer" >&2
    return 1
  fi
}

# jq quotes whatever stands in a text; numbers are --argjson, or they would become texts.
patient=$(jq -n --argjson Age 45 --arg Sex M --arg BP HIGH --arg Cholesterol NORMAL \
  --argjson Na_to_K 15.5 '$ARGS.named')
ask /predict --json "$patient" | jq -r '"\(.prediction) \(.probabilities[.prediction])"'

# A file is --data-binary @patients.csv: with -d alone, curl takes its line ends away.
ask /predict/batch -H 'Content-Type: text/csv' --data-binary @- << 'CSV'
bed,Age,Sex,BP,Cholesterol,Na_to_K
Süd 1,23,F,HIGH,HIGH,25.355
Süd 2,61,F,LOW,HIGH,
Süd 3,47,F,LOW,HIGH,10.114
CSV
