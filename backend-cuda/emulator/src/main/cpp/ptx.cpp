#include "ptx.h"

#include <cctype>
#include <stdexcept>

namespace emulator {
namespace {

// Words, numbers and single characters; comments and white space are between them.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) { next(); }

  const std::string& peek() const { return token_; }
  bool at_end() const { return token_.empty(); }

  std::string take() {
    std::string taken = token_;
    next();
    return taken;
  }

  void expect(const std::string& expected) {
    if (token_ != expected) {
      fail("expected '" + expected + "', found '" + token_ + "'");
    }
    next();
  }

  unsigned take_number() {
    unsigned value = 0;
    if (token_.empty() || token_.size() > 9) {
      fail("expected a number");
    }
    for (char digit : token_) {
      if (!std::isdigit(static_cast<unsigned char>(digit))) {
        fail("expected a number, found '" + token_ + "'");
      }
      value = value * 10 + static_cast<unsigned>(digit - '0');
    }
    next();
    return value;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw std::invalid_argument("PTX, line " + std::to_string(line_) + ": " + what);
  }

 private:
  static bool word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '.' ||
           c == '%';
  }

  void skip() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\n') {
        line_++;
        at_++;
      } else if (std::isspace(static_cast<unsigned char>(text_[at_]))) {
        at_++;
      } else if (text_.substr(at_, 2) == "//") {
        while (at_ < text_.size() && text_[at_] != '\n') {
          at_++;
        }
      } else if (text_.substr(at_, 2) == "/*") {
        while (at_ < text_.size() && text_.substr(at_, 2) != "*/") {
          line_ += text_[at_++] == '\n';
        }
        at_ += 2;
      } else {
        return;
      }
    }
  }

  void next() {
    skip();
    token_.clear();
    if (at_ >= text_.size()) {
      return;
    }
    if (text_[at_] == '"') {
      do {
        token_ += text_[at_++];
      } while (at_ < text_.size() && text_[at_] != '"');
      at_++;
      return;
    }
    do {
      token_ += text_[at_++];
    } while (at_ < text_.size() && word(token_[0]) && word(text_[at_]));
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
  std::string token_;
};

// ".u64", ".f32", ".b8", ".pred" …: the bits are in the name.
size_t type_bytes(const Tokens& tokens, const std::string& type) {
  size_t digits = type.find_first_of("0123456789");
  if (type.size() < 3 || type[0] != '.' || digits == std::string::npos) {
    tokens.fail("expected a type, found '" + type + "'");
  }
  return std::stoul(type.substr(digits)) / 8;
}

// "[.align 8] .b8 name[24]" or ".u64 [.ptr …] name"
size_t take_variable(Tokens& tokens) {
  if (tokens.peek() == ".align") {
    tokens.take();
    tokens.take_number();
  }
  size_t bytes = type_bytes(tokens, tokens.take());
  while (!tokens.at_end() && (tokens.peek()[0] == '.' || std::isdigit(tokens.peek()[0]))) {
    tokens.take();  // .ptr .global .align 1
  }
  tokens.take();  // the name
  while (tokens.peek() == "[") {
    tokens.take();
    bytes *= tokens.peek() == "]" ? 0 : tokens.take_number();
    tokens.expect("]");
  }
  return bytes;
}

void skip_statement(Tokens& tokens) {
  while (!tokens.at_end() && tokens.peek() != ";") {
    tokens.take();
  }
  tokens.expect(";");
}

void parse_body(Tokens& tokens, PtxEntry& entry) {
  tokens.expect("{");
  for (int depth = 1; depth != 0;) {
    if (tokens.at_end()) {
      tokens.fail("kernel " + entry.name + " does not end");
    }
    std::string token = tokens.take();
    if (token == "{") {
      depth++;
    } else if (token == "}") {
      depth--;
    } else if (token == ".shared") {
      entry.static_shared_bytes += take_variable(tokens);
      skip_statement(tokens);
    }
  }
}

PtxEntry parse_entry(Tokens& tokens) {
  PtxEntry entry;
  entry.name = tokens.take();
  if (tokens.peek() == "(") {
    tokens.take();
    while (tokens.peek() != ")") {
      tokens.expect(".param");
      entry.parameter_sizes.push_back(take_variable(tokens));
      if (tokens.peek() == ",") {
        tokens.take();
      }
    }
    tokens.take();
  }
  while (tokens.peek() != "{") {
    std::string directive = tokens.take();
    if (directive == ".maxntid") {
      entry.max_threads = tokens.take_number();
      while (tokens.peek() == ",") {
        tokens.take();
        entry.max_threads *= tokens.take_number();
      }
    } else if (directive == ".minnctapersm" || directive == ".maxnreg" ||
               directive == ".maxclusterrank") {
      tokens.take_number();
    } else {
      tokens.fail("unknown directive '" + directive + "' of kernel " + entry.name);
    }
  }
  parse_body(tokens, entry);
  return entry;
}

}  // namespace

PtxModule parse_ptx(std::string_view text) {
  Tokens tokens(text);
  PtxModule module;
  tokens.expect(".version");
  std::string version = tokens.take();
  if (version.size() != 3 || !std::isdigit(version[0]) || version[1] != '.' ||
      !std::isdigit(version[2])) {
    tokens.fail("unknown version '" + version + "'");
  }
  module.version = (version[0] - '0') * 10 + (version[2] - '0');
  tokens.expect(".target");
  std::string target = tokens.take();
  if (target.rfind("sm_", 0) != 0 || target.size() > 7) {
    tokens.fail("unknown target '" + target + "'");
  }
  module.target = std::stoi("0" + target.substr(3));
  while (!tokens.at_end()) {
    std::string token = tokens.take();
    if (token == ".entry") {
      module.entries.push_back(parse_entry(tokens));
    } else if (token == "{") {
      tokens.fail("text that belongs to no kernel");
    } else if (token == ".func") {
      while (!tokens.at_end() && tokens.peek() != "{" && tokens.peek() != ";") {
        tokens.take();
      }
      if (tokens.peek() == "{") {
        PtxEntry ignored;
        parse_body(tokens, ignored);
      }
    } else if (token == ".global" || token == ".const" || token == ".shared") {
      while (!tokens.at_end() && tokens.peek() != ";") {
        tokens.take();
      }
    }
  }
  return module;
}

}  // namespace emulator
