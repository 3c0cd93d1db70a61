// One Mount of one container, from the question to the path.
//
//     begin     the volume's recovery, what it still owes, who asks
//     check in  past the gate (admission.h), then `mounting` goes on file
//     decide    the coordinator's verdict; no lock is held, so others get through
//     settle in with the turn: stage if nobody did, publish, `mounted` on file
//     undo      on any error: Docker sends no Unmount after a failed Mount
//
// A crash leaves `mounting`, which recovery undoes: Docker's call died with this process.
#pragma once

#include <functional>
#include <optional>

#include "plugin/node/parts.h"
#include "plugin/node/releaser.h"
#include "plugin/node/settler.h"

namespace polly::node {

// Who may be asking, found by the frontend.
struct Claimants {
  std::vector<Candidate> candidates;
  bool engine_silent = false;
};
using FindClaimants = std::function<Result<Claimants>(const std::string& volume)>;

class MountAttempt : public std::enable_shared_from_this<MountAttempt> {
 public:
  MountAttempt(Parts& parts, Settler& settler, Releaser& releaser, LanePtr lane, std::string mount_id,
               Deadline deadline);

  Result<std::string> run(const FindClaimants& find_claimants);
  // After a `conflict`: the name belongs to this other volume now; try with that.
  const std::optional<Volume>& replaced() const { return replaced_; }
  const std::string& reference() const { return reference_; }

 private:
  Status begin(const FindClaimants& find_claimants);
  Result<std::string> mount_again(const MountRecord& known, const FindClaimants& find_claimants);
  Status wait_recovered();
  bool is_staged();
  Result<std::string> run_anew(const FindClaimants& find_claimants);
  Status check_in();
  Result<std::string> pass_gate(Deadline deadline);
  Result<MountAnswer> decide();
  Result<MountAnswer> ask(const std::string& session);
  Status check(const MountAnswer& answer);
  Status note_granted(const MountAnswer& answer);
  Result<std::string> settle_in(const MountAnswer& answer);
  bool end_thread();
  Result<std::string> stage_and_publish(const MountAnswer& answer);
  Result<drivers::Staged> stage(const MountAnswer& answer, drivers::NodeHalf& half);
  Status leave_old_epoch(const MountAnswer& answer, drivers::NodeHalf& half);
  tl::unexpected<Error> undo(const Error& error);
  std::string path() const;

  Parts& parts_;
  Settler& settler_;
  Releaser& releaser_;
  const LanePtr lane_;
  const std::string mount_id_;   // Docker's
  const std::string reference_;  // the coordinator's, see record.h
  const Deadline deadline_;
  Claimants claimants_;
  std::optional<Volume> replaced_;
  bool in_doubt_ = false;  // a try without an answer: it may have been recorded, whatever the next one is told
  // Between the call and the thread that has the driver: whoever of them comes last undoes what failed.
  bool thread_done_ POLLY_GUARDED_BY(lane_->mutex) = false;
  bool caller_gone_ POLLY_GUARDED_BY(lane_->mutex) = false;
};

}  // namespace polly::node
