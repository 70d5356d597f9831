#include <yaml-cpp/yaml.h>

#include <filesystem>

#include "canaryd/base/file.hpp"
#include "canaryd/base/text.hpp"
#include "credentials.hpp"
#include "pem.hpp"

namespace canaryd::kube {
namespace {

constexpr std::size_t max_kubeconfig_bytes = 1u << 20;

std::string quoted(const std::string& list, const std::string& name) { return list + " \"" + escaped(name) + "\""; }

// Reads one kubeconfig. Its keys are asked for by name and the tree is never walked: yaml-cpp lets an alias lead to its
// own parent. Throws Error; from_kubeconfig catches it.
class Kubeconfig {
 public:
  Kubeconfig(std::string file, const YAML::Node& root) : file_(std::move(file)), root_(root) {}

  Credentials read(std::string context_name) const {
    if (!root_.IsMap()) throw refused("expected a kubeconfig: a mapping with clusters, users and contexts");
    if (context_name.empty()) context_name = text(root_, "current-context", "current-context");
    if (context_name.empty()) throw refused("current-context is not set and no context was named");
    const YAML::Node context = named("contexts", "context", context_name);
    const std::string where = quoted("contexts", context_name);
    const std::string cluster_name = text(context, "cluster", where);
    const std::string user_name = text(context, "user", where);
    if (cluster_name.empty()) throw refused(where + ": expected a cluster");
    Credentials credentials;
    read_cluster(named("clusters", "cluster", cluster_name), quoted("clusters", cluster_name), credentials);
    if (!user_name.empty()) read_user(named("users", "user", user_name), quoted("users", user_name), credentials);
    return credentials;
  }

 private:
  Error refused(const std::string& why) const { return Error::invalid(file_ + ": " + why); }

  // The value of a key that must not be there twice: yaml-cpp would silently take one of them.
  YAML::Node member(const YAML::Node& map, const std::string& key, const std::string& where) const {
    if (map.IsNull()) return {};
    if (!map.IsMap()) throw refused(where + ": expected a mapping");
    YAML::Node found;
    int seen = 0;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar() || entry.first.Scalar() != key) continue;
      found.reset(entry.second);
      ++seen;
    }
    if (seen > 1) throw refused(where + ": the key " + key + " is there twice");
    return found;
  }

  std::string text(const YAML::Node& map, const std::string& key, const std::string& where) const {
    const YAML::Node node = member(map, key, where);
    if (node.IsNull()) return {};
    if (!node.IsScalar()) throw refused(where + ": " + key + ": expected a text");
    return node.Scalar();
  }

  YAML::Node named(const std::string& list, const std::string& kind, const std::string& name) const {
    const YAML::Node entries = member(root_, list, "the file");
    if (!entries.IsSequence()) throw refused(list + ": expected a list");
    const std::string where = quoted(list, name);
    for (const auto& entry : entries) {
      if (entry.IsMap() && text(entry, "name", list) == name) return member(entry, kind, where);
    }
    throw refused(list + ": there is none of the name \"" + escaped(name) + "\"");
  }

  std::string path(const YAML::Node& map, const std::string& key, const std::string& where) const {
    const std::string value = text(map, key, where);
    if (value.empty()) return {};
    return (std::filesystem::path(file_).parent_path() / value).string();
  }

  std::string data(const YAML::Node& map, const std::string& key, const std::string& where) const {
    const std::string value = text(map, key, where);
    if (value.empty()) return {};
    auto bytes = from_base64(value, file_ + ": " + where + ": " + key);
    if (!bytes) throw bytes.error();
    return std::move(*bytes);
  }

  // Keys that would change who is asked, or how: silently leaving one out would be worse than refusing it.
  void refuse(const YAML::Node& map, const std::string& key, const std::string& where, const std::string& why) const {
    if (!member(map, key, where).IsNull()) throw refused(where + ": " + key + " " + why);
  }

  void read_cluster(const YAML::Node& cluster, const std::string& where, Credentials& credentials) const {
    credentials.endpoint.base_url = text(cluster, "server", where);
    if (credentials.endpoint.base_url.empty()) throw refused(where + ": expected a server");
    credentials.endpoint.ca_file = path(cluster, "certificate-authority", where);
    credentials.endpoint.ca_pem = data(cluster, "certificate-authority-data", where);
    const std::string insecure = text(cluster, "insecure-skip-tls-verify", where);
    if (!insecure.empty() && insecure != "false") {
      throw refused(where + ": insecure-skip-tls-verify is not supported: canaryd always verifies the API server; " +
                    "give its CA as certificate-authority");
    }
    refuse(cluster, "tls-server-name", where, "is not supported: name the server as its certificate does");
    refuse(cluster, "proxy-url", where, "is not supported: run `kubectl proxy` and set cluster.url to its address");
  }

  void read_user(const YAML::Node& user, const std::string& where, Credentials& credentials) const {
    const std::string advice =
        "is not supported: run `kubectl proxy` and set cluster.url to its address, or use a token or a client "
        "certificate";
    for (const char* key : {"exec", "auth-provider", "username", "password"}) refuse(user, key, where, advice);
    for (const char* key : {"as", "as-uid", "as-groups", "as-user-extra"}) {
      refuse(user, key, where, "(impersonation) is not supported: use the credentials of that user");
    }
    credentials.endpoint.client_certificate = path(user, "client-certificate", where);
    credentials.endpoint.client_certificate_pem = data(user, "client-certificate-data", where);
    credentials.endpoint.client_key = path(user, "client-key", where);
    credentials.endpoint.client_key_pem = data(user, "client-key-data", where);
    credentials.token = text(user, "token", where);
    credentials.token_file = path(user, "tokenFile", where);
    for (const char c : credentials.token) {
      if (c <= ' ' || c >= 0x7F) throw refused(where + ": token: expected printable ASCII without spaces");
    }
  }

  const std::string file_;
  const YAML::Node root_;
};

}  // namespace

Result<Credentials> from_kubeconfig(const std::string& file, const std::string& context) {
  const auto content = read_file(file, max_kubeconfig_bytes);
  if (!content) return fail(content.error());
  try {
    const auto documents = YAML::LoadAll(*content);
    if (documents.size() != 1) return fail(Error::invalid(file + ": expected one YAML document"));
    Credentials credentials = Kubeconfig(file, documents.front()).read(context);
    if (auto checked = check(credentials, file); !checked) return fail(checked.error());
    return credentials;
  } catch (const Error& error) {
    return fail(error);
  } catch (const YAML::ParserException& error) {
    return fail(Error::invalid(file + ":" + std::to_string(error.mark.line + 1) + ":" +
                               std::to_string(error.mark.column + 1) + ": " + escaped(error.msg)));
  } catch (const YAML::Exception& error) {
    return fail(Error::invalid(file + ": " + escaped(error.what())));
  }
}

}  // namespace canaryd::kube
