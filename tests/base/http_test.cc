#include "base/http.h"

#include <gtest/gtest.h>

#include "base/http_client.h"
#include "base/http_server.h"
#include "base/http_uri.h"

namespace polly::http {
namespace {

TEST(Response, CarriesAnErrorThatReadsBackAsTheSame) {
  const Error error{Code::busy, "cannot remove 'a': it is mounted"};
  const Response response = Response::error(error);
  EXPECT_EQ(response.status, 423);
  EXPECT_EQ(response.body, R"({"error":{"code":"busy","message":"cannot remove 'a': it is mounted"}})");
  EXPECT_EQ(error_of(response), error);
}

TEST(Response, OfOthersBecomesAnErrorByItsStatus) {
  Response response;
  response.status = 502;
  response.body = "<html>Bad Gateway</html>";
  EXPECT_EQ(error_of(response), (Error{Code::unknown_outcome, "HTTP status 502: <html>Bad Gateway</html>"}));
  response.status = 404;
  response.body = R"({"message":"no such container"})";
  EXPECT_EQ(error_of(response).code, Code::not_found);
  response.body = R"({"error":{"code":"from_the_future","message":"new"}})";
  EXPECT_EQ(error_of(response), (Error{Code::not_found, "new"}));
}

TEST(Date, IsReadAsAServerWritesIt) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), std::chrono::seconds(784'111'777));
  for (const char* text : {"", "GMT", "Sun, 06 Nov 1994 08:49:37", "yesterday", "1994-11-06T08:49:37Z"})
    EXPECT_FALSE(parse_date(text)) << text;
}

TEST(Endpoint, IsReadInEveryFormPeopleWrite) {
  EXPECT_EQ(Endpoint::parse("unix:///run/a.sock", 1)->socket_path, "/run/a.sock");
  EXPECT_EQ(Endpoint::parse("/run/a.sock", 1)->socket_path, "/run/a.sock");
  for (const char* text : {"tcp://10.0.0.1:79", "http://10.0.0.1:79", "http://10.0.0.1:79/", "10.0.0.1:79"}) {
    EXPECT_EQ(Endpoint::parse(text, 1).value(), (Endpoint{"", "10.0.0.1", 79})) << text;
  }
  EXPECT_EQ(Endpoint::parse("node-1.example", 7979).value(), (Endpoint{"", "node-1.example", 7979}));
  EXPECT_EQ(Endpoint::parse("[::1]:80", 1).value(), (Endpoint{"", "::1", 80}));
  EXPECT_EQ(Endpoint::parse("[::1]", 1).value(), (Endpoint{"", "::1", 1}));
  EXPECT_EQ(Endpoint::parse("https://node-1:79/", 1, Https::taken).value(), (Endpoint{"", "node-1", 79, true}));
  for (const char* text : {"node-1:79", "tcp://node-1:79", "https://node-1:79/"})
    EXPECT_EQ(Endpoint::parse(text, 1, Https::always).value(), (Endpoint{"", "node-1", 79, true})) << text;
  EXPECT_FALSE(Endpoint::parse("unix:///run/x.sock", 1, Https::always)->tls);
  EXPECT_EQ(Endpoint::parse("http://node-1:79/", 1, Https::taken).value(), (Endpoint{"", "node-1", 79, false}));
}

TEST(Endpoint, ReadsBackWhatItWrites) {
  for (const char* text : {"unix:///run/a.sock", "10.0.0.1:79", "[::1]:80", "https://a:80"}) {
    EXPECT_EQ(Endpoint::parse(text, 1, Https::taken)->text(), text);
  }
}

TEST(Endpoint, RefusesWhatIsNone) {
  for (const char* text : {"", ":80", "host:", "host:x", "host:65536", "host:-1", "a b", "::1", "[::1", "[::1]x",
                           "unix://", "unix://relative", "http://host/path", "host:80:80"}) {
    const auto endpoint = Endpoint::parse(text, 1);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code, Code::invalid);
  }
  EXPECT_EQ(Endpoint::parse("https://host", 1).error().code, Code::unsupported);
  EXPECT_EQ(Endpoint::parse("http://host", 1, Https::always).error().code, Code::unsupported);
  EXPECT_EQ(Endpoint::parse("ftp://host", 1, Https::always).error().code, Code::unsupported);
  EXPECT_EQ(Endpoint::parse("ftp://host", 1, Https::taken).error().code, Code::unsupported);
  EXPECT_EQ(Endpoint::parse("https://http://host", 1, Https::taken).error().code, Code::unsupported);
  EXPECT_NE(Endpoint::parse("unix:///" + std::string(107, 'x'), 1).error().message.find("107"), std::string::npos);
}

TEST(EncodeSegment, IsUndoneByDecoding) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(encode_segment(all)).value(), all);
  EXPECT_EQ(encode_segment("swarm/db"), "swarm%2Fdb");
}

class Routes : public testing::Test {
 protected:
  Routes() {
    auto name = [](const std::string& route) {
      return [route](const Request& request) {
        Json params = Json::object();
        for (const auto& [key, value] : request.params) params.set(key, value);
        return Response::json(Json::object().set("route", route).set("params", params));
      };
    };
    router_.on("GET", "/v1/volumes", name("list"))
        .on("GET", "/v1/volumes/{name}", name("show"))
        .on("DELETE", "/v1/volumes/{name}", name("remove"))
        .on("DELETE", "/v1/volumes/{name}/grants/{service}", name("revoke"))
        .on("GET", "/v1/volumes/special", name("special"))
        .on("GET", "/", name("root"));
  }
  Response ask(const std::string& method, const std::string& raw_path) {
    Request request;
    request.method = method;
    request.raw_path = raw_path;
    request.path = percent_decode(raw_path).value_or("");
    return router_(request);
  }
  Router router_;
};

TEST_F(Routes, AreFoundByMethodAndPath) {
  EXPECT_EQ(ask("GET", "/v1/volumes").body, R"({"params":{},"route":"list"})");
  EXPECT_EQ(ask("GET", "/v1/volumes/a").body, R"({"params":{"name":"a"},"route":"show"})");
  EXPECT_EQ(ask("DELETE", "/v1/volumes/a").body, R"({"params":{"name":"a"},"route":"remove"})");
  EXPECT_EQ(ask("GET", "/").body, R"({"params":{},"route":"root"})");
  EXPECT_EQ(ask("HEAD", "/v1/volumes").status, 200);
}

TEST_F(Routes, KeepAnEncodedSlashInsideItsParameter) {
  EXPECT_EQ(ask("DELETE", "/v1/volumes/a/grants/swarm%2Fdb").body,
            R"({"params":{"name":"a","service":"swarm/db"},"route":"revoke"})");
}

TEST_F(Routes, WorkForRequestsMadeByHand) {
  Request request;
  request.method = "GET";
  request.path = "/v1/volumes/100%25";
  EXPECT_EQ(router_(request).body, R"({"params":{"name":"100%25"},"route":"show"})");
}

TEST_F(Routes, ThatDoNotExistAreNotFound) {
  for (const char* path : {"/v2", "/v1/volumes/", "/v1/volumes/a/b", "//v1/volumes", "/v1", "/v1/volumes/a/grants/"}) {
    const Response response = ask("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(error_of(response).code, Code::not_found);
  }
}

TEST_F(Routes, WithOtherMethodsAreNamed) {
  const Response response = ask("POST", "/v1/volumes/a");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.at("Allow"), "GET, DELETE");
  EXPECT_EQ(error_of(response), (Error{Code::unsupported, "cannot POST '/v1/volumes/a': take GET, DELETE"}));
}

TEST_F(Routes, AreListedAsGiven) {
  EXPECT_EQ(router_.routes().size(), 6U);
  EXPECT_EQ(router_.routes()[3],
            (std::pair<std::string, std::string>{"DELETE", "/v1/volumes/{name}/grants/{service}"}));
}

}  // namespace
}  // namespace polly::http
