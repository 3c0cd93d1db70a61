// Answers that go on, from servers that stream, stop, break and hang.
#include "base/http_lines.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>

#include <future>

#include "base/http_channel.h"
#include "tests/base/tls_fixture.h"

namespace polly::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Event = Lines::Event;

constexpr const char* kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Said: yes\r\n\r\n";

std::string chunk(std::string_view text) {
  return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}

class HttpLines : public HttpTest {
 protected:
  // A server that sends this at the first request and then does as the script says.
  void serve_lines(
      const std::string& text, RawServer::Script then = [](RawPeer&) {}) {
    endpoint_ = address();
    raw_ = std::make_unique<RawServer>(endpoint_, [text, then](RawPeer& peer) {
      peer.read_to("\r\n\r\n");
      peer.send(text);
      then(peer);
    });
    if (!endpoint_.is_unix()) endpoint_.port = raw_->port();
  }
  Result<Lines> follow(Call call = {.path = "/events"}) { return Client(endpoint_).follow(call); }
  // Until the client closes.
  static void hold(RawPeer& peer) { peer.read_all(); }

  std::unique_ptr<RawServer> raw_;
};
INSTANTIATE_TEST_SUITE_P(On, HttpLines, testing::Values(Kind::unix_socket, Kind::tcp), kind_name);

void expect_line(Lines& lines, const std::string& text) {
  const auto event = lines.next(10s);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(*event, Event::line);
  EXPECT_EQ(lines.line(), text);
}

void expect_end(Lines& lines) {
  const auto event = lines.next(10s);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(*event, Event::end);
}

void expect_failure(Lines& lines, Code code, const std::string& words) {
  for (int again = 0; again < 2; ++again) {  // nothing comes after it
    const auto event = lines.next(10s);
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().code, code) << event.error().message;
    EXPECT_NE(event.error().message.find(words), std::string::npos) << event.error().message;
  }
}

TEST_P(HttpLines, LinesComeWhereverTheyAreCutIntoChunks) {
  serve_lines(kHead + chunk("one\ntwo\nth") + chunk("ree") + chunk("\n\nfive") + "0\r\n\r\n");
  auto lines = follow();
  ASSERT_TRUE(lines) << lines.error().message;
  EXPECT_EQ(lines->head().headers.at("x-said"), "yes");
  for (const auto* text : {"one", "two", "three", "", "five"}) expect_line(*lines, text);
  expect_end(*lines);
  expect_end(*lines);
}

TEST_P(HttpLines, ALineIsHandedOverBeforeTheNextIsSent) {
  serve_lines(kHead, [](RawPeer& peer) {
    peer.send(chunk("one\n"));
    if (peer.is_closed()) peer.send(chunk("never\n"));
  });
  auto lines = follow();
  ASSERT_TRUE(lines);
  expect_line(*lines, "one");
}

TEST_P(HttpLines, SilenceIsToldAndHarmsNothing) {
  std::promise<void> go_on;
  serve_lines(kHead + chunk("one\nhal") + "5", [&](RawPeer& peer) {
    go_on.get_future().wait_for(10s);
    peer.send("\r\nf a\nt\r\n" + chunk("wo\n") + "0\r\n\r\n");
  });
  auto lines = follow();
  ASSERT_TRUE(lines);
  expect_line(*lines, "one");
  for (int i = 0; i < 3; ++i) {
    const auto event = lines->next(20ms);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(*event, Event::silence);
  }
  go_on.set_value();
  expect_line(*lines, "half a");
  expect_line(*lines, "two");
  expect_end(*lines);
}

TEST_P(HttpLines, WhatHasComeIsHandedOverWithoutWaiting) {
  serve_lines(kHead, [](RawPeer& peer) {
    peer.send(chunk("one\n"));
    hold(peer);
  });
  auto lines = follow();
  ASSERT_TRUE(lines);
  const auto until = steady_clock::now() + 10s;
  Result<Event> event;
  while (event = lines->next(0ms), event && *event == Event::silence && steady_clock::now() < until) {
  }
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(*event, Event::line);
  EXPECT_EQ(*lines->next(0ms), Event::silence);
}

TEST_P(HttpLines, AStreamThatIsCutIsNoEnd) {
  for (const std::string text : {"", "5", "5\r\n", "5\r\nab", "5\r\nabcd\n", "5\r\nabcd\n\r\n", "0\r\n", "0\r\n\r"}) {
    serve_lines(kHead + chunk("one\n") + text);
    auto lines = follow();
    ASSERT_TRUE(lines) << text;
    expect_line(*lines, "one");
    if (text.find("abcd\n") != std::string::npos) expect_line(*lines, "abcd");
    expect_failure(*lines, Code::unavailable, "the connection was closed");
    raw_.reset();
  }
}

TEST_P(HttpLines, AGarbageChunkIsNoEnd) {
  for (const std::string text : {"zz\r\n", "\r\n\r\n", "4\r\ntwo\nx", "0\r\nField: x\r\n\r\n"}) {
    serve_lines(kHead + chunk("one\n") + text, hold);
    auto lines = follow();
    ASSERT_TRUE(lines) << text;
    expect_line(*lines, "one");
    if (text.find("two\n") != std::string::npos) expect_line(*lines, "two");
    expect_failure(*lines, Code::invalid, "a chunk is broken");
    lines = fail(Code::internal, "");  // closes
    raw_.reset();
  }
}

TEST_P(HttpLines, ALineOverTheLimitIsRefusedAndOneOfThatLengthIsNot) {
  const std::string most(1000, 'x');
  for (const bool ended : {true, false}) {
    serve_lines(kHead + chunk(most + "\n") + chunk(most + "y" + (ended ? "\n" : "")), hold);
    {
      auto lines = follow({.path = "/events", .max_response = 1000});
      ASSERT_TRUE(lines);
      expect_line(*lines, most);
      expect_failure(*lines, Code::too_large, "longer than 1000 bytes");
    }
    raw_.reset();
  }
}

TEST_P(HttpLines, AnythingButAStreamIsAnError) {
  struct Case {
    const char* answer;
    Code code;
  };
  const Case cases[] = {
      {"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Code::unavailable},
      {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", Code::not_found},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Code::invalid},
      {"HTTP/1.1 200 OK\r\n\r\n{}", Code::invalid},
      {"garbage\r\n\r\n", Code::invalid},
      {"HTTP/1.1 200 O", Code::unavailable},
      {"", Code::unavailable},
  };
  for (const auto& one : cases) {
    serve_lines(one.answer);
    const auto lines = follow();
    ASSERT_FALSE(lines) << one.answer;
    EXPECT_EQ(lines.error().code, one.code) << lines.error().message;
    raw_.reset();
  }
}

TEST_P(HttpLines, AHeadThatDoesNotComeInTimeIsAnError) {
  serve_lines("HTTP/1.1 200 OK\r\n", hold);
  const auto began = steady_clock::now();
  const auto lines = follow({.path = "/events", .timeout = 100ms});
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, Code::timeout);
  EXPECT_LT(steady_clock::now() - began, 5s);
}

TEST_P(HttpLines, AnotherThreadStopsIt) {
  serve_lines(kHead, hold);
  std::stop_source stop;
  auto lines = follow({.path = "/events", .stop = stop.get_token()});
  ASSERT_TRUE(lines) << lines.error().message;
  EXPECT_EQ(*lines->next(0ms), Event::silence);
  std::jthread other([&] { stop.request_stop(); });
  const auto began = steady_clock::now();
  const auto event = lines->next(60s);
  EXPECT_LT(steady_clock::now() - began, 10s);
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, Code::unavailable);
  EXPECT_NE(event.error().message.find("it was stopped"), std::string::npos) << event.error().message;
}

TEST_P(HttpLines, AnotherThreadStopsACallThatHangs) {
  serve_lines("", hold);
  std::stop_source stop;
  Client client(endpoint_);
  std::jthread other([&] {
    while (raw_->accepted == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto began = steady_clock::now();
  const auto answer = client.call({.path = "/", .timeout = 60s, .stop = stop.get_token()});
  EXPECT_LT(steady_clock::now() - began, 10s);
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("it was stopped"), std::string::npos) << answer.error().message;
  EXPECT_FALSE(client.follow({.path = "/", .timeout = 60s, .stop = stop.get_token()}));
  EXPECT_FALSE(client.call({.path = "/", .timeout = 60s, .stop = stop.get_token()}));
}

TEST_P(HttpLines, AStopAfterACallLeavesItsConnectionAlone) {
  serve_lines("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", [](RawPeer& peer) {
    while (!peer.read_some().empty()) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  {
    std::stop_source stop;
    Client client(endpoint_);
    ASSERT_TRUE(client.call({.path = "/", .stop = stop.get_token()}));
    stop.request_stop();
    EXPECT_TRUE(client.call({.path = "/"}));
  }
  EXPECT_EQ(raw_->accepted, 1);
}

TEST(HttpLinesOnTcp, AnotherThreadStopsAConnectThatNobodyTakes) {
  // A backlog that is full: its owner accepts nothing.
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(fd.get(), 0), 0);
  ASSERT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  const Endpoint endpoint{.host = "127.0.0.1", .port = ntohs(address.sin_port)};
  std::vector<UniqueFd> waiting;
  for (int i = 0; i < 4; ++i) {
    auto connected = connect_to(endpoint, steady_clock::now() + 200ms);
    if (!connected) break;
    waiting.push_back(std::move(*connected));
  }
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  const auto began = steady_clock::now();
  EXPECT_FALSE(Client(endpoint).follow({.path = "/", .timeout = 60s, .stop = stop.get_token()}));
  EXPECT_LT(steady_clock::now() - began, 10s);
}

// A streaming server over TLS: the server of ours answers whole messages only.
class HttpsLines : public testing::Test {
 protected:
  using Script = std::function<void(Channel&)>;
  void serve(const Script& script) {
    auto made = tls::Server::create({.identity = ca_.server()});
    ASSERT_TRUE(made) << made.error().message;
    server_ = std::make_unique<RawServer>(endpoint_, [tls = *made, script](RawPeer& peer) {
      UniqueFd fd(::fcntl(peer.fd(), F_DUPFD_CLOEXEC, 0));
      ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
      auto session = tls->accept(fd.get());
      Poco::AutoPtr<Channel> channel(new Channel(std::move(fd)));
      channel->begin(soon());
      if (!session || !channel->begin_tls(std::move(*session))) return;
      std::array<char, 4096> request;
      channel->receiveBytes(request.data(), request.size(), 0);
      script(*channel);
    });
    endpoint_.port = server_->port();
  }
  static void say(Channel& channel, const std::string& text) {
    channel.sendBytes(text.data(), static_cast<int>(text.size()), 0);
  }
  static void hold(Channel& channel) {
    char byte = 0;
    while (channel.receiveBytes(&byte, 1, 0) > 0) {
    }
  }
  Result<Lines> follow(const std::stop_token& stop = {}) {
    auto client = tls::Client::create({.ca = ca_.certificate});
    if (!client) return fail(client.error());
    return Client(endpoint_, *client).follow({.path = "/events", .stop = stop});
  }

  const Ca ca_;
  Endpoint endpoint_{.host = "127.0.0.1", .tls = true};
  std::unique_ptr<RawServer> server_;
};

TEST_F(HttpsLines, LinesSilenceAndTheEndAreToldApart) {
  std::promise<void> go_on;
  serve([&](Channel& channel) {
    say(channel, kHead + chunk("one\ntw"));
    go_on.get_future().wait_for(10s);
    say(channel, chunk("o\n"));
    say(channel, "0\r\n\r\n");
  });
  auto lines = follow();
  ASSERT_TRUE(lines) << lines.error().message;
  expect_line(*lines, "one");
  EXPECT_EQ(*lines->next(20ms), Event::silence);
  EXPECT_EQ(*lines->next(0ms), Event::silence);
  go_on.set_value();
  expect_line(*lines, "two");
  expect_end(*lines);
}

TEST_F(HttpsLines, AStreamThatIsCutIsNoEnd) {
  serve([](Channel& channel) {
    say(channel, kHead + chunk("one\n"));
    ::shutdown(channel.sockfd(), SHUT_RDWR);  // without a word in TLS
  });
  auto lines = follow();
  ASSERT_TRUE(lines) << lines.error().message;
  expect_line(*lines, "one");
  EXPECT_FALSE(lines->next(10s));
  EXPECT_EQ(lines->next(10s).error().code, Code::unavailable);
}

TEST_F(HttpsLines, AnotherThreadStopsIt) {
  serve([](Channel& channel) {
    say(channel, kHead);
    hold(channel);
  });
  std::stop_source stop;
  auto lines = follow(stop.get_token());
  ASSERT_TRUE(lines) << lines.error().message;
  std::jthread other([&] { stop.request_stop(); });
  const auto began = steady_clock::now();
  EXPECT_FALSE(lines->next(60s));
  EXPECT_LT(steady_clock::now() - began, 9s);
}

}  // namespace
}  // namespace polly::http
