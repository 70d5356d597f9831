#include <sys/stat.h>
#include <unistd.h>

#include "canaryd/base/file.hpp"
#include "canaryd/base/text.hpp"
#include "certificates.hpp"
#include "parts.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

// A file that is not here says something only on the machine that canaryd runs on.
Finding not_read(const std::string& check, const std::string& why, bool expected) {
  if (expected) {
    return {check, Health::fail, said(why), "put the file there, readable for canaryd's user"};
  }
  return {check, Health::unknown, said(why),
          "run canaryd doctor in canaryd's pod: kubectl exec, with the path of the configuration there"};
}

Findings look_at_certificate(const Look& look, const Sight& sight) {
  const Files& files = look.settings.files;
  TlsTexts texts;
  for (const auto& [file, text] : {std::pair{&files.certificate, &texts.certificate}, std::pair{&files.key, &texts.key},
                                   std::pair{&files.client_ca, &texts.client_ca}, std::pair{&files.ca, &texts.ca}}) {
    if (file->empty()) continue;
    auto read = read_file(*file);
    if (!read) return {not_read("tls.certificate", read.error().message, files.expected)};
    *text = std::move(*read);
  }
  std::vector<std::string> hosts = files.host_names;
  hosts.insert(hosts.end(), sight.webhook_hosts.begin(), sight.webhook_hosts.end());
  Findings found = check_certificates(texts, hosts, look.clock.now());
  if (hosts.empty() && !look.settings.alertmanager.url.empty()) {
    std::erase_if(found, [](const Finding& each) { return each.check == "tls.names"; });
    found.push_back({"tls.names", Health::unknown,
                     "nothing says by which names Alertmanager calls canaryd (0.26 and later hide the URLs)",
                     "name them: --host NAME, once for each replica"});
  }
  return found;
}

Findings look_at_tokens(const Files& files) {
  Findings out;
  for (const auto& file : files.tokens) {
    const auto read = read_file(file);
    if (!read) {
      out.push_back(not_read("config.tokens", read.error().message, files.expected));
    } else if (read->find_first_not_of(" \t\r\n") == std::string::npos) {
      out.push_back({"config.tokens", Health::fail, escaped(file, 300) + " is empty: it admits nobody",
                     "write a token into it: openssl rand -base64 32"});
    }
  }
  if (out.empty() && !files.tokens.empty()) {
    out.push_back({"config.tokens",
                   Health::ok,
                   counted(files.tokens.size(), "token file") + " can be read, with something in it",
                   {}});
  }
  return out;
}

Finding look_at_audit_folder(const Files& files) {
  const char* const id = "config.audit";
  const std::string& folder = files.audit_directory;
  struct stat found{};
  if (::stat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
    return not_read(id, folder + ": the audit log's folder is not there (canaryd makes it when it starts)",
                    files.expected);
  }
  // The daemon's own user asks; root may write everywhere.
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    return not_read(id, folder + ": the audit log's folder cannot be written: nothing is rolled back without a record",
                    files.expected);
  }
  return {id, Health::ok, escaped(folder, 300) + " can be written", {}};
}

}  // namespace

Findings look_at_files(const Look& look, const Sight& sight) {
  Findings out = look_at_certificate(look, sight);
  for (auto& finding : look_at_tokens(look.settings.files)) out.push_back(std::move(finding));
  out.push_back(look_at_audit_folder(look.settings.files));
  return out;
}

}  // namespace canaryd::doctor
