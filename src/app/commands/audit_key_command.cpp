#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <cerrno>
#include <ostream>
#include <string>

#include "audit_commands.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/secret.hpp"
#include "canaryd/base/text.hpp"
#include "failed.hpp"

namespace canaryd::app {

namespace {

constexpr std::size_t key_file_limit = 64U << 10U;

Status write_all(int file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(Error::from_errno("write " + path, errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file) < 0) return fail(Error::from_errno("fsync " + path, errno));
  return {};
}

// A key that is overwritten is lost with every checkpoint that it signed: only a file that is not there yet is written.
Status write_new(const std::string& path, std::string_view bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) {
    return fail(Error::io(path + " is there already: a key is never overwritten"));
  }
  if (file < 0) return fail(Error::from_errno("open " + path, errno));
  // A umask may have taken more away, and must not leave the owner without it.
  auto written =
      ::fchmod(file, 0600) < 0 ? Status(fail(Error::from_errno("chmod " + path, errno))) : write_all(file, bytes, path);
  if (::close(file) < 0 && written) written = fail(Error::from_errno("close " + path, errno));
  if (!written) ::unlink(path.c_str());
  return written;
}

void warn_of_others(const std::string& path, std::ostream& err) {
  struct stat found{};
  if (::stat(path.c_str(), &found) < 0 || (found.st_mode & 077U) == 0) return;
  err << "canaryd: warning: " << escaped(path, 4096)
      << " is a private key that others than its owner can read or write: chmod 600\n";
}

// Of a private key, or of the first of a file with public ones.
Result<audit::PublicKey> public_key_in(const std::string& path, std::ostream& err) {
  auto content = read_file(path, key_file_limit);
  if (!content) return fail(content.error());
  const Secret text(std::move(*content));
  if (text.text().find("PRIVATE KEY-----") == std::string::npos) {
    const auto keys = audit::parse_public_keys(text.text(), path);
    if (!keys) return fail(keys.error());
    return keys->front();
  }
  warn_of_others(path, err);
  const auto key = audit::SigningKey::parse(text.text(), path);
  if (!key) return fail(key.error());
  return key->public_key();
}

// `canaryd audit key generate` and `canaryd audit key public`.
class AuditKeyCommand final : public Subcommand {
 public:
  void add_to(CLI::App& audit) override;
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  int generate(std::ostream& out, std::ostream& err) const;
  int print_public(std::ostream& out, std::ostream& err) const;

  CLI::App* generate_ = nullptr;
  CLI::App* public_ = nullptr;
  std::string out_file_;
  std::string file_;
  std::string name_;
};

}  // namespace

void AuditKeyCommand::add_to(CLI::App& audit) {
  command_ = audit.add_subcommand("key", "The key that signs the checkpoints of an audit log");
  command_->require_subcommand(1);
  command_->footer("Example:\n  canaryd audit key generate --out checkpoint.key");

  generate_ = command_->add_subcommand("generate", "Makes a new Ed25519 key and prints its public half");
  generate_->add_option("--out", out_file_, "Where the private key goes: a file that is not there yet, mode 0600")
      ->required()
      ->type_name("FILE");
  generate_->footer(
      "Example:\n  canaryd audit key generate --out checkpoint.key > checkpoint.pub\n"
      "  kubectl create secret generic canaryd-audit-key --from-file=checkpoint.key\n\n"
      "Keep the public key where nobody who can write the log can write: it is what the log is checked with.");

  public_ = command_->add_subcommand("public", "Prints the public half of a key as PEM");
  public_->add_option("FILE", file_, "A private key, or a public one")->required()->type_name("");
  public_->add_option("--name", name_, "A log's name, ORIGIN/LOG-ID: prints its two verifier keys (vkeys) too")
      ->type_name("NAME");
  public_->footer(
      "Example:\n  canaryd audit key public checkpoint.key --name canaryd/4c6b3f4c2c4c4fdfbdc9f9faa460cf58\n\n"
      "The verifier keys are what other tools for signed notes take: of Ed25519, then of the timed cosignature.");
}

int AuditKeyCommand::run(std::ostream& out, std::ostream& err) const {
  return generate_->parsed() ? generate(out, err) : print_public(out, err);
}

int AuditKeyCommand::generate(std::ostream& out, std::ostream& err) const {
  const auto key = audit::SigningKey::generate();
  if (!key) return failed(key.error(), err);
  const Secret pem(key->pem());
  if (const auto written = write_new(out_file_, pem.text()); !written) return failed(written.error(), err);
  out << key->public_key().pem();
  return exit_done;
}

int AuditKeyCommand::print_public(std::ostream& out, std::ostream& err) const {
  if (!name_.empty() && !audit::check_origin(name_)) {
    err << "canaryd: --name: expected the name of a log, ORIGIN/LOG-ID, without space and plus\n";
    return exit_usage;
  }
  const auto key = public_key_in(file_, err);
  if (!key) return failed(key.error(), err);
  out << key->pem();
  if (!name_.empty()) out << key->vkey(name_, 0x01) << "\n" << key->vkey(name_, 0x04) << "\n";
  return exit_done;
}

std::unique_ptr<Subcommand> audit_key_command() { return std::make_unique<AuditKeyCommand>(); }

}  // namespace canaryd::app
