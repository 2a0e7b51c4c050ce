// SPDX-License-Identifier: Apache-2.0
#include "protocol/json_header.h"

#include "base/limits.h"

#include <array>
#include <charconv>
#include <cstring>

namespace gantry {

namespace {

// ---- writing -------------------------------------------------------------------------------------------------------

void appendEscaped(std::string& out, std::string_view text)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') [[likely]] {
            continue;
        }
        out.append(text, start, i - start);
        start = i + 1;
        switch (c) {
        case '"': out.append("\\\""); break;
        case '\\': out.append("\\\\"); break;
        case '\n': out.append("\\n"); break;
        case '\r': out.append("\\r"); break;
        case '\t': out.append("\\t"); break;
        default: out.append("\\u00").append({kHex[c >> 4], kHex[c & 0xF]}); break;
        }
    }
    out.append(text, start);
}

void appendNumber(std::string& out, std::int32_t value)
{
    std::array<char, 12> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), result.ptr);
}

// ---- reading -------------------------------------------------------------------------------------------------------

void appendUtf8(std::string& out, std::uint32_t point)
{
    const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (point < 0x80) {
        out.push_back(byte(point));
    } else if (point < 0x800) {
        out.append({byte(0xC0 | (point >> 6)), byte(0x80 | (point & 0x3F))});
    } else if (point < 0x10000) {
        out.append({byte(0xE0 | (point >> 12)), byte(0x80 | ((point >> 6) & 0x3F)), byte(0x80 | (point & 0x3F))});
    } else {
        out.append({byte(0xF0 | (point >> 18)), byte(0x80 | ((point >> 12) & 0x3F)), byte(0x80 | ((point >> 6) & 0x3F)),
                    byte(0x80 | (point & 0x3F))});
    }
}

/// True if one of the eight bytes is a quote or a backslash.
bool holdsStringMark(std::uint64_t word)
{
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t escape = word ^ (kOnes * '\\');
    return ((((quote - kOnes) & ~quote) | ((escape - kOnes) & ~escape)) & kHighs) != 0;
}

/// Walks over the text once. After the first mistake failed() stays true.
class Scanner
{
public:
    explicit Scanner(std::string_view text)
        : m_begin(text.data())
        , m_at(text.data())
        , m_end(text.data() + text.size())
    {}

    [[nodiscard]] bool failed() const { return m_problem != nullptr; }
    [[nodiscard]] const char* problem() const { return m_problem; }
    [[nodiscard]] std::size_t position() const { return static_cast<std::size_t>(m_at - m_begin); }

    void stop(const char* problem)
    {
        if (m_problem == nullptr) {
            m_problem = problem;
        }
    }

    void skipBlanks()
    {
        while (m_at != m_end && (*m_at == ' ' || *m_at == '\n' || *m_at == '\t' || *m_at == '\r')) {
            ++m_at;
        }
    }

    /// The next character that is not blank; 0 at the end.
    char peek()
    {
        skipBlanks();
        return m_at == m_end ? '\0' : *m_at;
    }

    bool take(char wanted)
    {
        if (peek() != wanted || m_at == m_end) {
            return false;
        }
        ++m_at;
        return true;
    }

    void expect(char wanted, const char* problem)
    {
        if (!take(wanted)) {
            stop(problem);
        }
    }

    /// A string's content; points into the text if it has no escapes, else into `scratch`.
    std::string_view string(std::string& scratch)
    {
        if (!take('"')) {
            stop("a string is expected");
            return {};
        }
        const char* const start = m_at;
        skipPlain();
        if (m_at != m_end && *m_at == '"') [[likely]] {
            return {start, static_cast<std::size_t>(m_at++ - start)};
        }
        scratch.assign(start, m_at);
        return escapedRest(scratch);
    }

    /// A number, true, false or null as it is written.
    std::string_view word()
    {
        skipBlanks();
        const char* const start = m_at;
        while (m_at != m_end && isWordCharacter(*m_at)) {
            ++m_at;
        }
        const std::string_view text(start, static_cast<std::size_t>(m_at - start));
        if (text != "true" && text != "false" && text != "null" && !isNumber(text)) {
            stop("a value is expected");
        }
        return text;
    }

    /// Any value; the text it spans.
    std::string_view skipValue(std::string& scratch)
    {
        skipBlanks();
        const char* const start = m_at;
        skipNested(scratch, 0);
        return {start, static_cast<std::size_t>(m_at - start)};
    }

private:
    static bool isWordCharacter(char c)
    {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
    }

    static bool isNumber(std::string_view text)
    {
        std::size_t at = text.starts_with('-') ? 1 : 0;
        const auto digits = [&] {
            const std::size_t start = at;
            while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
                ++at;
            }
            return at > start;
        };
        if (!digits()) {
            return false;
        }
        if (at < text.size() && text[at] == '.') {
            ++at;
            if (!digits()) {
                return false;
            }
        }
        if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
            ++at;
            if (at < text.size() && (text[at] == '-' || text[at] == '+')) {
                ++at;
            }
            if (!digits()) {
                return false;
            }
        }
        return at == text.size();
    }

    /// Stops at a quote, a backslash or the end.
    void skipPlain()
    {
        while (m_end - m_at >= 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, m_at, sizeof(word));
            if (holdsStringMark(word)) {
                break;
            }
            m_at += 8;
        }
        while (m_at != m_end && *m_at != '"' && *m_at != '\\') {
            ++m_at;
        }
    }

    std::string_view escapedRest(std::string& scratch)
    {
        while (m_at != m_end && *m_at == '\\') {
            ++m_at;
            takeEscape(scratch);
            if (failed()) {
                return {};
            }
            const char* const start = m_at;
            skipPlain();
            scratch.append(start, m_at);
        }
        if (m_at == m_end) {
            stop("a string has no end");
            return {};
        }
        ++m_at;
        return scratch;
    }

    void takeEscape(std::string& out)
    {
        const char c = m_at == m_end ? '\0' : *m_at++;
        switch (c) {
        case '"':
        case '\\':
        case '/': out.push_back(c); break;
        case 'b': out.push_back('\b'); break;
        case 'f': out.push_back('\f'); break;
        case 'n': out.push_back('\n'); break;
        case 'r': out.push_back('\r'); break;
        case 't': out.push_back('\t'); break;
        case 'u': takeUnicode(out); break;
        default: stop("a string has an unknown escape"); break;
        }
    }

    bool fourHexDigits(std::uint32_t& value)
    {
        if (m_end - m_at < 4) {
            return false;
        }
        const auto result = std::from_chars(m_at, m_at + 4, value, 16);
        return result.ec == std::errc{} && result.ptr == m_at + 4;
    }

    void takeUnicode(std::string& out)
    {
        std::uint32_t unit = 0;
        if (!fourHexDigits(unit)) {
            stop("a \\u escape needs four hex digits");
            return;
        }
        m_at += 4;
        std::uint32_t point = unit;
        if (unit >= 0xD800 && unit < 0xE000) {
            point = 0xFFFD; // half a pair stands for nothing
            if (unit < 0xDC00 && m_end - m_at >= 6 && m_at[0] == '\\' && m_at[1] == 'u') {
                std::uint32_t low = 0;
                m_at += 2;
                if (fourHexDigits(low) && low >= 0xDC00 && low < 0xE000) {
                    m_at += 4;
                    point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                } else {
                    m_at -= 2;
                }
            }
        }
        appendUtf8(out, point);
    }

    void skipNested(std::string& scratch, std::size_t depth)
    {
        if (depth > limits::kJsonDepthMax) {
            stop("values are nested too deeply");
            return;
        }
        const char first = peek();
        if (first == '"') {
            (void)string(scratch);
        } else if (first == '{' || first == '[') {
            ++m_at;
            const char last = first == '{' ? '}' : ']';
            if (take(last)) {
                return;
            }
            do {
                if (first == '{') {
                    (void)string(scratch);
                    expect(':', "a colon is expected");
                }
                if (failed()) {
                    return;
                }
                skipNested(scratch, depth + 1);
            } while (!failed() && take(','));
            expect(last, "an object or array has no end");
        } else {
            (void)word();
        }
    }

    const char* m_begin;
    const char* m_at;
    const char* m_end;
    const char* m_problem = nullptr;
};

std::int32_t readInt(Scanner& scanner, std::string& scratch)
{
    const std::string_view text = scanner.peek() == '"' ? scanner.string(scratch) : scanner.word();
    if (text == "null") {
        return 0;
    }
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        scanner.stop("a 32-bit number is expected");
    }
    return value;
}

Language readLanguage(Scanner& scanner, std::string& scratch)
{
    if (scanner.peek() == '"') {
        return languageFromText(scanner.string(scratch));
    }
    const std::string_view text = scanner.word();
    std::int64_t number = -1;
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
    return languageFromNumber(number);
}

void readRemark(Scanner& scanner, std::string& scratch, std::string& remark)
{
    if (scanner.peek() == '"') {
        remark = scanner.string(scratch);
    } else if (scanner.word() != "null") {
        scanner.stop("remark is not a string");
    }
}

void readFields(Scanner& scanner, std::string& nameScratch, std::string& scratch, HeaderFields& fields)
{
    if (scanner.peek() != '{') {
        if (scanner.word() != "null") {
            scanner.stop("extFields is not an object");
        }
        return;
    }
    (void)scanner.take('{');
    if (scanner.take('}')) {
        return;
    }
    do {
        const std::string_view name = scanner.string(nameScratch);
        scanner.expect(':', "a colon is expected");
        const char first = scanner.peek();
        std::string_view value;
        if (first == '"') {
            value = scanner.string(scratch);
        } else if (first == '{' || first == '[') {
            value = scanner.skipValue(scratch);
        } else {
            value = scanner.word();
        }
        if (fields.size() == limits::kHeaderFieldsMax) {
            scanner.stop("extFields has too many members");
        }
        if (scanner.failed()) {
            return;
        }
        if (first != 'n') { // null means absent
            fields.add(name, value);
        }
    } while (scanner.take(','));
    scanner.expect('}', "extFields has no end");
}

} // namespace

void writeJsonHeader(const RemotingCommand& command, std::string& out)
{
    out.append("{\"code\":");
    appendNumber(out, command.code);
    if (!command.fields.empty()) {
        out.append(",\"extFields\":{");
        for (std::size_t i = 0; i < command.fields.size(); ++i) {
            out.append(i == 0 ? "\"" : ",\"");
            appendEscaped(out, command.fields.nameAt(i));
            out.append("\":\"");
            appendEscaped(out, command.fields.valueAt(i));
            out.push_back('"');
        }
        out.push_back('}');
    }
    out.append(",\"flag\":");
    appendNumber(out, command.flag);
    out.append(",\"language\":\"").append(toString(command.language));
    out.append("\",\"opaque\":");
    appendNumber(out, command.opaque);
    if (!command.remark.empty()) {
        out.append(",\"remark\":\"");
        appendEscaped(out, command.remark);
        out.push_back('"');
    }
    out.append(",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":");
    appendNumber(out, command.version);
    out.push_back('}');
}

Result<RemotingCommand> readJsonHeader(std::string_view text)
{
    RemotingCommand command;
    command.version = 0; // what Java assumes when a peer does not say
    command.fields.reserve(16, text.size());
    Scanner scanner(text);
    std::string nameScratch;
    std::string scratch;
    bool hasCode = false;

    scanner.expect('{', "the header is not a JSON object");
    if (!scanner.failed() && !scanner.take('}')) {
        do {
            const std::string_view name = scanner.string(nameScratch);
            scanner.expect(':', "a colon is expected");
            if (scanner.failed()) {
                break;
            }
            if (name == "code") {
                command.code = readInt(scanner, scratch);
                hasCode = true;
            } else if (name == "extFields") {
                readFields(scanner, nameScratch, scratch, command.fields);
            } else if (name == "flag") {
                command.flag = readInt(scanner, scratch);
            } else if (name == "language") {
                command.language = readLanguage(scanner, scratch);
            } else if (name == "opaque") {
                command.opaque = readInt(scanner, scratch);
            } else if (name == "remark") {
                readRemark(scanner, scratch, command.remark);
            } else if (name == "version") {
                command.version = readInt(scanner, scratch);
            } else {
                (void)scanner.skipValue(scratch);
            }
        } while (!scanner.failed() && scanner.take(','));
        scanner.expect('}', "the header object has no end");
    }
    scanner.skipBlanks();
    if (!scanner.failed() && scanner.position() != text.size()) {
        scanner.stop("bytes follow the header object");
    }
    if (!scanner.failed() && !hasCode) {
        scanner.stop("the header has no code");
    }
    if (scanner.failed()) {
        return fail(Errc::Protocol, "the JSON header is unusable at byte {} of {}: {}", scanner.position(), text.size(),
                    scanner.problem());
    }
    return command;
}

} // namespace gantry
