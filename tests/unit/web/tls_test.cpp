#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "fixture.hpp"
#include "web/tls_files.hpp"

namespace canaryd::web::test {

namespace {

ClientOptions versions(int least, int most) {
  ClientOptions options;
  options.min_version = least;
  options.max_version = most;
  return options;
}

// Lets `link` in the folder lead to `target`, as Kubernetes does: in one step.
void point(const TempFolder& folder, const std::string& link, const std::string& target) {
  std::filesystem::create_symlink(target, folder.path(link + ".new"));
  std::filesystem::rename(folder.path(link + ".new"), folder.path(link));
}

// A mounted Secret's two versions: tls.crt and tls.key lead through ..data to one of them.
struct MountedSecret {
  TempFolder folder;
  void version(const std::string& name, const std::string& certificate, const std::string& key) const {
    std::filesystem::create_directory(folder.path(name));
    folder.write(name + "/tls.crt", certificate);
    folder.write(name + "/tls.key", key);
  }
  void use(const std::string& name) const { point(folder, "..data", name); }
  void link() const {
    std::filesystem::create_symlink("..data/tls.crt", folder.path("tls.crt"));
    std::filesystem::create_symlink("..data/tls.key", folder.path("tls.key"));
  }
};

}  // namespace

TEST_CASE("TLS 1.1 is refused - 1.2 is served and 1.3 preferred") {
  RunningServer running;
  CHECK_FALSE(Client(running.port(), versions(TLS1_1_VERSION, TLS1_1_VERSION)).connected());
  CHECK_FALSE(Client(running.port(), versions(TLS1_VERSION, TLS1_VERSION)).connected());
  Client old(running.port(), versions(TLS1_2_VERSION, TLS1_2_VERSION));
  CHECK(old.version() == TLS1_2_VERSION);
  CHECK(old.exchange(honest_request()).status == 200);
  Client current(running.port());
  CHECK(current.version() == TLS1_3_VERSION);
  CHECK(current.exchange(honest_request()).status == 200);
}

TEST_CASE("no session is resumed") {
  RunningServer running;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client first(running.port(), versions(version, version));
    REQUIRE(first.exchange(honest_request()).status == 200);
    const std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session(first.session(), &SSL_SESSION_free);
    CHECK(SSL_SESSION_has_ticket(session.get()) == 0);
    ClientOptions options = versions(version, version);
    options.resume = session.get();
    Client second(running.port(), options);
    REQUIRE(second.connected());
    CHECK_FALSE(second.resumed());
    CHECK(second.exchange(honest_request()).status == 200);
  }
}

TEST_CASE("a certificate is swapped by a symlink without a restart and without dropping a connection") {
  const Authority authority("CA");
  const Issued one = authority.issue("DNS:one");
  const Issued two = authority.issue("DNS:two", 60);
  const MountedSecret secret;
  secret.version("..1", one.certificate, one.key);
  secret.version("..2", two.certificate, two.key);
  secret.version("..3", one.certificate, two.key);
  secret.use("..1");
  secret.link();
  RunningServer running([&](ServerSettings& settings) {
    settings.tls.certificate = secret.folder.path("tls.crt");
    settings.tls.key = secret.folder.path("tls.key");
  });
  Client before(running.port());
  CHECK(before.peer_certificate() == one.certificate);
  REQUIRE(before.exchange(honest_request()).status == 200);

  secret.use("..2");
  running.server->refresh();
  CHECK(Client(running.port()).peer_certificate() == two.certificate);
  CHECK(before.exchange(honest_request()).status == 200);

  secret.use("..3");
  running.server->refresh();  // a pair that does not match: the old one stays
  CHECK(Client(running.port()).peer_certificate() == two.certificate);
  secret.use("..missing");
  running.server->refresh();
  CHECK(Client(running.port()).peer_certificate() == two.certificate);
  secret.use("..1");
  running.server->refresh();
  CHECK(Client(running.port()).peer_certificate() == one.certificate);
  CHECK(before.exchange(honest_request()).status == 200);
}

TEST_CASE("a certificate that has expired or is not valid yet does not replace a good one") {
  RunningServer running;
  const std::string good = Client(running.port()).peer_certificate();
  const std::string file = running.settings.tls.certificate;
  const std::vector<std::pair<Issued, std::string>> bad{
      {running.authority.issue("DNS:old", -1), ": the certificate has expired"},
      {running.authority.issue("DNS:early", 60, 30), ": the certificate is not valid yet"}};
  for (const auto& [issued, why] : bad) {
    CAPTURE(why);
    running.folder.write("tls.crt", issued.certificate);
    running.folder.write("tls.key", issued.key);
    running.server->refresh();
    CHECK(Client(running.port()).peer_certificate() == good);
    const auto taken = running.server->reconfigure(running.settings);
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().message == file + why);
    CHECK(Client(running.port()).peer_certificate() == good);
  }
  const Issued next = running.authority.issue("DNS:next");
  running.folder.write("tls.crt", next.certificate);
  running.folder.write("tls.key", next.key);
  running.server->refresh();
  CHECK(Client(running.port()).peer_certificate() == next.certificate);
}

TEST_CASE("a certificate that is not valid yet is taken once it is") {
  RunningServer running;
  const Issued soon = running.authority.issue("DNS:soon", 60, 1);
  running.folder.write("tls.crt", soon.certificate);
  running.folder.write("tls.key", soon.key);
  running.server->refresh();
  CHECK(Client(running.port()).peer_certificate() != soon.certificate);
  running.clock.ahead = std::chrono::hours(25);
  running.server->refresh();
  CHECK(Client(running.port()).peer_certificate() == soon.certificate);
}

TEST_CASE("a server that starts with an expired certificate serves it and takes other changes until the next one") {
  const Authority authority("CA");
  const Issued old = authority.issue("DNS:old", -1);
  RunningServer running([&](ServerSettings& settings) {
    std::ofstream(settings.tls.certificate, std::ios::trunc) << old.certificate;
    std::ofstream(settings.tls.key, std::ios::trunc) << old.key;
  });
  CHECK(Client(running.port()).peer_certificate() == old.certificate);
  running.settings.tls.client_ca = running.folder.path("client-ca.crt");
  CHECK(running.server->reconfigure(running.settings).has_value());
}

TEST_CASE("certificate and key are read from one version however often it is swapped meanwhile") {
  const MountedSecret secret;
  // Long, so that many swaps fall between the first file's reading and the second's.
  constexpr std::size_t length = 900'000;
  secret.version("..1", std::string(length, '1'), "1");
  secret.version("..2", std::string(length, '2'), "2");
  secret.use("..1");
  secret.link();
  std::atomic<bool> done{false};
  std::thread swapper([&] {
    for (int i = 0; !done; ++i) secret.use(i % 2 == 0 ? "..2" : "..1");
  });
  const TlsSettings settings{secret.folder.path("tls.crt"), secret.folder.path("tls.key"), ""};
  int mixed = 0;
  int seen_two = 0;
  for (int i = 0; i < 300; ++i) {
    const auto files = read_tls_files(settings);
    REQUIRE(files);
    mixed += files->certificate.back() == files->key.back() ? 0 : 1;
    seen_two += files->key == "2" ? 1 : 0;
  }
  done = true;
  swapper.join();
  CHECK(mixed == 0);
  CHECK(seen_two > 0);
}

TEST_CASE("a server does not begin with files that do not belong together and says which") {
  const TempFolder folder;
  const Authority authority("CA");
  const Issued one = authority.issue("DNS:one");
  const Issued two = authority.issue("DNS:two");
  ServerSettings settings;
  settings.listen = {"127.0.0.1", 0};
  settings.tls.certificate = folder.write("one.crt", one.certificate);
  settings.tls.key = folder.write("two.key", two.key);
  const SystemClock clock;
  Logger log(LogFormat::logfmt, LogLevel::error);
  Metrics metrics;
  const auto message = [&] {
    const auto created = Server::create(settings, {}, clock, log, metrics);
    return created ? std::string() : created.error().message;
  };
  CHECK(message() == folder.path("two.key") + ": expected the private key of " + folder.path("one.crt"));
  settings.tls.key = folder.write("one.key", one.key);
  settings.tls.client_ca = folder.write("ca.crt", "nothing");
  CHECK(message() == folder.path("ca.crt") + ": expected PEM certificates");
  settings.tls.client_ca = folder.path("absent");
  CHECK(message().rfind(folder.path("absent") + ": ", 0) == 0);
  settings.tls.client_ca.clear();
  CHECK(message().empty());
  settings.listen.host = "localhost";
  CHECK(message().find("expected an IP address") != std::string::npos);
}

}  // namespace canaryd::web::test
