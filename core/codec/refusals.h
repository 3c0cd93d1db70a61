// What `polly explain` asks and is told, and refusals as records, as JSON and back.
#pragma once

#include "core/model/refusal.h"
#include "core/model/service.h"

namespace polly {

// May this service mount this volume there?
struct Question {
  std::string volume;
  Service service;
  std::string node{};  // "": whichever its task goes to
  Access wanted = Access::read_write;
  std::string volume_class{};  // of a volume that may not be there yet
};

Json to_json(const Question& question);
Json to_json(const Finding& finding);
Json to_json(const std::vector<Finding>& findings);
Json to_json(const Refusal& refusal);

// For containers outside services, "swarm/-", the node of the question becomes that of the service.
Result<Question> question_from_json(const Json& json);
Result<std::vector<Finding>> findings_from_json(const Json& json);
Result<Refusal> refusal_from_json(const Json& json);

}  // namespace polly
