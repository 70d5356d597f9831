#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace canaryd::app {

// A whole number in plain decimal: digits without sign, leading zero, `_` or exponent.
std::optional<std::uint64_t> plain_whole(std::string_view text);

// A number in plain decimal, a fraction if any with digits on both sides of its point: "50", "0.05".
std::optional<double> plain_decimal(std::string_view text);

// Bytes: a whole number from 1 on with KiB, MiB, GiB or TiB directly behind it.
std::optional<std::uint64_t> plain_size(std::string_view text);
// The same with the largest unit that leaves a whole number; bytes that none does as "<n> bytes".
std::string size_text(std::uint64_t bytes);

// What YAML 1.2 or 1.1 reads as a number or a flag when it stands without quotes.
bool reads_as_number(std::string_view text);
bool reads_as_flag(std::string_view text);

// A shell pattern over Kubernetes names: [a-z0-9.-], *, ? and closed [...].
bool is_name_pattern(const std::string& text);

// A Prometheus label name.
bool is_label_name(const std::string& text);

// A Kubernetes label's key ("team", "example.com/team") and value.
bool is_kubernetes_label_key(const std::string& text);
bool is_kubernetes_label_value(const std::string& text);

// "dns:", "uri:", "ip:" or "email:" and something valid after it.
bool is_subject_alt_name(const std::string& text);

// A file path that can be opened as it stands: "~" is not expanded by anyone.
bool is_path(const std::string& text);

}  // namespace canaryd::app
