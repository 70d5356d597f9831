#include "api_audit.hpp"

#include <chrono>
#include <utility>

#include "api_answer.hpp"
#include "api_audit_query.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::web {

namespace {

// A record stands on a line of its own, so that a shell can take its bytes and hash them.
std::string json_of(const audit::Page& page) {
  std::size_t bytes = 256;
  for (const auto& record : page.records) bytes += record.size() + 2;
  std::string out;
  out.reserve(bytes);
  out += "{\"records\":[";
  for (std::size_t i = 0; i < page.records.size(); ++i) {
    out += i == 0 ? "\n" : ",\n";
    out += page.records[i];
  }
  out += page.records.empty() ? "],\"next\":" : "\n],\"next\":";
  const auto text_or_null = [&](const std::string& text) {
    if (text.empty()) {
      out += "null";
    } else {
      append_json_string(out, text);
    }
  };
  text_or_null(page.next);
  out += ",\"removed\":";
  text_or_null(page.removed);
  out += ",\"problems\":[";
  for (std::size_t i = 0; i < page.problems.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, page.problems[i]);
  }
  return out + "]}\n";
}

Reply refuse_page(const Error& error, const RouteContext& context) {
  if (error.kind == ErrorKind::invalid) {
    context.refused("malformed");
    return refuse_with(400, "malformed", error.message);
  }
  if (error.kind != ErrorKind::throttled) return refuse_with(503, "audit_unavailable", error.message);
  // Not counted among the refused: nobody is turned away for good, and no one need be told.
  auto reply = refuse_with(429, "too_many_queries", error.message);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(error.retry_after).count();
  reply.headers.emplace_back("Retry-After", std::to_string(seconds));
  return reply;
}

Reply answer(const audit::PageRequest& request, const RouteContext& context) {
  const auto page = context.hooks.on_audit(request);
  if (!page) return refuse_page(page.error(), context);
  return {200, json_of(*page), "application/json", {}};
}

}  // namespace

tl::expected<Call, Refusal> admit_audit(const Admitted& request, const RouteContext& context) {
  auto page = read_audit_query(request.head.query, request.principal.namespaces);
  if (!page) return tl::unexpected(page.error());
  return Call{0, [page = std::move(*page), &context](const std::string&) { return answer(page, context); }};
}

}  // namespace canaryd::web
