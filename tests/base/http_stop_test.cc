#include <thread>

#include "tests/base/http_fixture.h"

namespace polly::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class HttpStop : public HttpTest {
 protected:
  steady_clock::duration stop() {
    const auto began = steady_clock::now();
    server_.reset();
    return steady_clock::now() - began;
  }
};
INSTANTIATE_TEST_SUITE_P(On, HttpStop, testing::Values(Kind::unix_socket, Kind::tcp), kind_name);

TEST_P(HttpStop, DoesNotWaitForIdleConnections) {
  serve(echo(), {.idle_timeout = 1h});
  std::vector<RawPeer> idle;
  for (int i = 0; i < 50; ++i) idle.push_back(connect());
  for (size_t i = 0; i < idle.size(); i += 2) {
    idle[i].send("GET / HTTP/1.1\r\n\r\n");
    idle[i].read_to("GET / ");
  }
  EXPECT_LT(stop(), 2s);
  for (RawPeer& peer : idle) EXPECT_TRUE(peer.is_closed(1000));
}

TEST_P(HttpStop, LetsARequestAtWorkEndWithItsAnswer) {
  serve([](const Request&) {
    std::this_thread::sleep_for(500ms);
    return Response();
  });
  RawPeer peer = connect();
  peer.send("GET / HTTP/1.1\r\n\r\n");
  while (handled_ == 0) std::this_thread::sleep_for(5ms);
  EXPECT_LT(stop(), 3s);
  const std::string answer = peer.read_all();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST_P(HttpStop, CutsConnectionsAfterFiveSecondsAndWaitsForTheirHandlers) {
  std::atomic<bool> released{false};
  std::atomic<bool> ended{false};
  serve([&](const Request&) {
    while (!released) std::this_thread::sleep_for(5ms);
    ended = true;
    return Response();
  });
  RawPeer peer = connect();
  peer.send("GET / HTTP/1.1\r\n\r\n");
  while (handled_ == 0) std::this_thread::sleep_for(5ms);
  std::jthread release([&] {
    EXPECT_TRUE(peer.is_closed(9000));
    released = true;
  });
  const auto took = stop();
  EXPECT_TRUE(ended);
  EXPECT_GT(took, 4s);
  EXPECT_LT(took, 8s);
}

TEST_P(HttpStop, TakesSecondsUnderLoadAndAcknowledgedRequestsAreAnswered) {
  for (int round = 0; round < 5; ++round) {
    serve(echo(), {.idle_timeout = 1h});
    std::atomic<bool> done{false};
    std::vector<std::jthread> callers;
    for (int i = 0; i < 16; ++i) {
      callers.emplace_back([&] {
        Client client(endpoint_);
        while (!done) (void)client.call({.path = "/", .timeout = 2s});
      });
    }
    while (handled_ < 500 * (round + 1)) std::this_thread::sleep_for(1ms);
    EXPECT_LT(stop(), 3s);
    done = true;
  }
}

TEST_P(HttpStop, LeavesNobodyWaitingInTheBacklog) {
  serve(echo());
  const Endpoint endpoint = endpoint_;
  stop();
  const auto began = steady_clock::now();
  const auto answer = Client(endpoint).call({.path = "/", .timeout = 5s});
  EXPECT_EQ(answer.error().code, Code::unavailable);
  EXPECT_LT(steady_clock::now() - began, 1s);
}

TEST_P(HttpStop, CanBeRepeatedManyTimes) {
  for (int i = 0; i < 10; ++i) {
    serve(echo());
    EXPECT_EQ(status_of(exchange("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")), 200);
    EXPECT_LT(stop(), 2s);
  }
}

}  // namespace
}  // namespace polly::http
