#include "swarm/operations/journal.h"

#include "base/log.h"
#include "base/system.h"
#include "core/codec/records.h"

namespace polly::swarm {

Operation Journal::begin(Operation::Kind kind, const Volume& volume, std::string node, std::string by) {
  Operation operation{make_id(), kind, volume.id, volume.name, std::move(node), std::move(by), now(context_)};
  Lock lock(mutex_);
  running_.insert(operation.id);
  return operation;
}

void Journal::forget(const Operation& operation) {
  Lock lock(mutex_);
  running_.erase(operation.id);
}

Status Journal::run(const Operation& operation) {
  auto outcome = run_step(operation);
  forget(operation);
  return outcome;
}

Status Journal::run_step(const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::create:
      return finish_create(context_, operation);
    case Operation::Kind::purge:
      return finish_purge(context_, operation);
    case Operation::Kind::attach:
      return finish_attach(context_, operation);
    case Operation::Kind::detach:
      return finish_detach(context_, operation);
  }
  return {};
}

void Journal::resume() {
  auto operations = context_.state.operations();
  if (!operations) return log::error("cannot read the operations on record: {}", operations.error().message);
  for (const auto& [operation, revision] : *operations) {
    {
      Lock lock(mutex_);
      if (!running_.insert(operation.id).second) continue;
    }
    // It may have ended between the look and the claim.
    auto still = context_.state.find_operation(operation.id);
    if (!still || !*still) {
      forget(operation);
      continue;
    }
    log::info("resuming operation={} kind={} volume={}", operation.id, to_string(operation.kind),
              operation.volume_name);
    auto outcome = run(operation);
    if (!outcome)
      log::warn("operation={} kind={} volume={} is not finished: {}", operation.id, to_string(operation.kind),
                operation.volume_name, outcome.error().message);
  }
}

size_t Journal::running() const {
  Lock lock(mutex_);
  return running_.size();
}

}  // namespace polly::swarm
