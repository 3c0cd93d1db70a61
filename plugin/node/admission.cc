#include "plugin/node/admission.h"

namespace polly::node {

void Admission::on_wanted(std::function<void()> wanted) {
  Lock lock(mutex_);
  wanted_ = std::move(wanted);
}

bool Admission::enter(const std::string& session, Deadline deadline) {
  bool told = false;
  Lock lock(mutex_);
  while (session_ != session) {
    if (!told && wanted_) wanted_();
    told = true;
    if (!changed_.wait_until(mutex_, deadline) && session_ != session) return false;
  }
  ++inside_;
  return true;
}

void Admission::leave() {
  Lock lock(mutex_);
  --inside_;
  changed_.notify_all();
}

void Admission::close() {
  Lock lock(mutex_);
  session_.clear();
  while (inside_ > 0) changed_.wait(mutex_);
}

void Admission::open(const std::string& session) {
  Lock lock(mutex_);
  session_ = session;
  changed_.notify_all();
}

std::string Admission::session() const {
  Lock lock(mutex_);
  return session_;
}

}  // namespace polly::node
