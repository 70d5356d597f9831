#include "exchange.hpp"

#include <algorithm>

#include "canaryd/base/time_text.hpp"
#include "outcome.hpp"

namespace canaryd::http {
namespace {

constexpr std::size_t max_header_bytes = 256u << 10;
// A line longer than this does not leave its memory behind for the rest of the stream.
constexpr std::size_t kept_line_capacity = 256u << 10;

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char expected, char got) {
    return expected == (got >= 'A' && got <= 'Z' ? static_cast<char>(got - 'A' + 'a') : got);
  });
}

int status_of(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::chrono::milliseconds retry_after_of(CURL* easy) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  return std::chrono::seconds(std::clamp<curl_off_t>(seconds, 0, 86400));
}

}  // namespace

Exchange::Exchange(Connection& connection, const Request& request, const Streaming* streaming)
    : connection_(connection),
      request_(request),
      streaming_(streaming),
      write_(request.method != Method::get),
      last_byte_(std::chrono::steady_clock::now()) {}

Result<Response> Exchange::run(const std::atomic<bool>* stop) {
  connection_.prepare(request_);
  CURL* easy = connection_.easy();
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Exchange::on_pre_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  const auto ending =
      streaming_ == nullptr ? connection_.run(stop, nullptr, {}) : connection_.run(stop, &last_byte_, streaming_->idle);
  if (thrown_) std::rethrow_exception(thrown_);
  response_.status = status_of(easy);
  response_.retry_after = retry_after_of(easy);
  if (ended_by_reader_) return std::move(response_);
  if (ending.code != CURLE_OK) return fail(failure(ending));
  if (response_.status < 200) {
    refused_ = "the answer ended after status " + std::to_string(response_.status);
    return fail(failure(ending));
  }
  // Such an answer ends where the connection does: whether it is whole cannot be known.
  if (write_ && !length_known_ && response_.status != 204) {
    refused_ = "the answer named no length, so that it cannot be known to be whole";
    return fail(failure(ending));
  }
  return std::move(response_);
}

int Exchange::on_pre_request(void* self, char* /*address*/, char* /*local*/, int /*port*/, int /*local_port*/) {
  auto& exchange = *static_cast<Exchange*>(self);
  ++exchange.pre_requests_;
  // libcurl comes here again when a reused connection died before the answer; by then the server may have acted.
  if (exchange.write_ && exchange.pre_requests_ > 1) {
    exchange.refused_ = "the connection died before the answer";
    return CURL_PREREQFUNC_ABORT;
  }
  return CURL_PREREQFUNC_OK;
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->take_header({data, size * count}) ? size * count : 0;
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  bool go_on = false;
  try {
    go_on = exchange.take_body({data, size * count});
  } catch (...) {
    exchange.thrown_ = std::current_exception();  // C frames lie between here and the caller
  }
  exchange.last_byte_ = std::chrono::steady_clock::now();
  return go_on ? size * count : CURL_WRITEFUNC_ERROR;
}

bool Exchange::take_header(std::string_view line) {
  last_byte_ = std::chrono::steady_clock::now();
  header_bytes_ += line.size();
  if (header_bytes_ > max_header_bytes) {
    refused_ = "the answer's head is longer than 256 KiB";
    return false;
  }
  if (line.starts_with("HTTP/")) length_known_ = false;  // a new head: what a 1xx said does not count
  if (starts_with_ignoring_case(line, "content-length:") || starts_with_ignoring_case(line, "transfer-encoding:")) {
    length_known_ = true;
  }
  const bool head_done = line == "\r\n" || line == "\n";
  if (head_done && streaming_ != nullptr && !opened_ && status_of(connection_.easy()) == 200) {
    opened_ = true;
    try {
      if (streaming_->on_open) streaming_->on_open();
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }
  return true;
}

bool Exchange::take_body(std::string_view bytes) {
  if (opened_) return take_lines(bytes);
  if (response_.body.size() + bytes.size() > request_.max_body) {
    refused_ = "the answer is longer than " + std::to_string(request_.max_body) + " bytes";
    return false;
  }
  response_.body.append(bytes);
  return true;
}

bool Exchange::take_lines(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, end);
    if (partial_line_.size() + piece.size() > streaming_->max_line) {
      refused_ = "a line is longer than " + std::to_string(streaming_->max_line) + " bytes";
      return false;
    }
    if (end == std::string_view::npos) {
      partial_line_.append(piece);
      return true;
    }
    bytes.remove_prefix(end + 1);
    if (partial_line_.empty()) {
      if (!hand_over(piece)) return false;
      continue;
    }
    partial_line_.append(piece);
    const bool go_on = hand_over(partial_line_);
    partial_line_.clear();
    if (partial_line_.capacity() > kept_line_capacity) partial_line_.shrink_to_fit();
    if (!go_on) return false;
  }
  return true;
}

bool Exchange::hand_over(std::string_view line) {
  if (streaming_->on_line(line)) return true;
  ended_by_reader_ = true;
  return false;
}

long Exchange::bytes_written() const {
  long head_and_body = 0;
  curl_easy_getinfo(connection_.easy(), CURLINFO_REQUEST_SIZE, &head_and_body);
  return head_and_body;
}

std::string Exchange::words(const Connection::Ending& ending) const {
  if (ending.cut == Connection::Cut::stopped) return "stopped";
  if (ending.cut == Connection::Cut::idle) return "no byte came for " + to_text(streaming_->idle);
  return refused_.empty() ? connection_.reason(ending.code) : refused_;
}

Error Exchange::failure(const Connection::Ending& ending) const {
  Attempt attempt;
  attempt.write = write_;
  attempt.pre_requests = pre_requests_;
  attempt.bytes_written = bytes_written();
  attempt.cancelled = ending.cut == Connection::Cut::stopped;
  Error error;
  error.kind = kind_of(attempt);
  error.message = words(ending);
  return error;
}

}  // namespace canaryd::http
