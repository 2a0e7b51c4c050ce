// SPDX-License-Identifier: Apache-2.0
#include "protocol/json_header.h"

#include "base/limits.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <memory>

namespace gantry {

namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

/// High bits set for the quotes and backslashes among eight bytes. A borrow can mark a byte falsely, but only above a
/// true mark, so the lowest one is always right.
std::uint64_t stringMarks(std::uint64_t word)
{
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t escape = word ^ (kOnes * '\\');
    return (((quote - kOnes) & ~quote) | ((escape - kOnes) & ~escape)) & kHighs;
}

// ---- writing -------------------------------------------------------------------------------------------------------

/// The first character from `at` on that JSON wants escaped, or the size.
std::size_t findEscapable(std::string_view text, std::size_t at)
{
    constexpr std::uint64_t kControls = kOnes * 0x20;
    if constexpr (std::endian::native == std::endian::little) {
        for (; text.size() - at >= 8; at += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + at, sizeof(word));
            const std::uint64_t marks = stringMarks(word) | ((word - kControls) & ~word & kHighs);
            if (marks != 0) {
                return at + static_cast<unsigned>(std::countr_zero(marks)) / 8;
            }
        }
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x20 && text[at] != '"' && text[at] != '\\') {
        ++at;
    }
    return at;
}

void appendEscaped(std::string& out, std::string_view text)
{
    constexpr std::string_view kHex = "0123456789abcdef";
    std::size_t start = 0;
    for (;;) {
        const std::size_t i = findEscapable(text, start);
        out.append(text.data() + start, i - start);
        if (i == text.size()) {
            return;
        }
        const auto c = static_cast<unsigned char>(text[i]);
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
}

void appendNumber(std::string& out, std::int32_t value)
{
    std::array<char, 12> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), result.ptr);
}

// ---- reading -------------------------------------------------------------------------------------------------------

/// Writes the UTF-8 form of a code point, up to four bytes; returns the end.
char* putUtf8(char* out, std::uint32_t point)
{
    const auto put = [&](std::uint32_t value) { *out++ = static_cast<char>(static_cast<unsigned char>(value)); };
    if (point < 0x80) {
        put(point);
        return out;
    }
    if (point < 0x800) {
        put(0xC0 | (point >> 6));
    } else {
        if (point < 0x10000) {
            put(0xE0 | (point >> 12));
        } else {
            put(0xF0 | (point >> 18));
            put(0x80 | ((point >> 12) & 0x3F));
        }
        put(0x80 | ((point >> 6) & 0x3F));
    }
    put(0x80 | (point & 0x3F));
    return out;
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

    /// A string's content; points into the text if it has no escapes, else into memory of the scanner.
    std::string_view string()
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
        return unescaped(start);
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
    std::string_view skipValue()
    {
        skipBlanks();
        const char* const start = m_at;
        skipNested(0);
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
        if constexpr (std::endian::native == std::endian::little) {
            while (m_end - m_at >= 8) {
                std::uint64_t word = 0;
                std::memcpy(&word, m_at, sizeof(word));
                const std::uint64_t marks = stringMarks(word);
                m_at += static_cast<unsigned>(std::countr_zero(marks)) / 8; // 8 if there is none
                if (marks != 0) {
                    return;
                }
            }
        }
        while (m_at != m_end && *m_at != '"' && *m_at != '\\') {
            ++m_at;
        }
    }

    std::string_view unescaped(const char* start)
    {
        if (!m_unescaped) {
            // No escape is shorter than what it stands for, so all strings together fit into this.
            m_unescaped = std::make_unique_for_overwrite<char[]>(static_cast<std::size_t>(m_end - m_begin));
            m_unescapedEnd = m_unescaped.get();
        }
        char* const result = m_unescapedEnd;
        for (;;) {
            const auto size = static_cast<std::size_t>(m_at - start);
            std::memcpy(m_unescapedEnd, start, size);
            m_unescapedEnd += size;
            if (m_at == m_end) {
                stop("a string has no end");
                return {};
            }
            if (*m_at++ == '"') {
                return {result, static_cast<std::size_t>(m_unescapedEnd - result)};
            }
            takeEscape();
            if (failed()) {
                return {};
            }
            start = m_at;
            skipPlain();
        }
    }

    void takeEscape()
    {
        const char c = m_at == m_end ? '\0' : *m_at++;
        switch (c) {
        case '"':
        case '\\':
        case '/': *m_unescapedEnd++ = c; break;
        case 'b': *m_unescapedEnd++ = '\b'; break;
        case 'f': *m_unescapedEnd++ = '\f'; break;
        case 'n': *m_unescapedEnd++ = '\n'; break;
        case 'r': *m_unescapedEnd++ = '\r'; break;
        case 't': *m_unescapedEnd++ = '\t'; break;
        case 'u': takeUnicode(); break;
        default: stop("a string has an unknown escape"); break;
        }
    }

    bool fourHexDigits(std::uint32_t& value)
    {
        if (m_end - m_at < 4) {
            return false;
        }
        value = 0;
        for (const char* at = m_at; at != m_at + 4; ++at) {
            const auto lower = static_cast<unsigned char>(*at) | 0x20U;
            if (*at >= '0' && *at <= '9') {
                value = value << 4 | (lower & 0xFU);
            } else if (lower >= 'a' && lower <= 'f') {
                value = value << 4 | (lower - 'a' + 10U);
            } else {
                return false;
            }
        }
        return true;
    }

    void takeUnicode()
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
        m_unescapedEnd = putUtf8(m_unescapedEnd, point);
    }

    void skipNested(std::size_t depth)
    {
        if (depth > limits::kJsonDepthMax) {
            stop("values are nested too deeply");
            return;
        }
        const char first = peek();
        if (first == '"') {
            (void)string();
        } else if (first == '{' || first == '[') {
            ++m_at;
            const char last = first == '{' ? '}' : ']';
            if (take(last)) {
                return;
            }
            do {
                if (first == '{') {
                    (void)string();
                    expect(':', "a colon is expected");
                }
                if (failed()) {
                    return;
                }
                skipNested(depth + 1);
            } while (!failed() && take(','));
            expect(last, "an object or array has no end");
        } else {
            (void)word();
        }
    }

    const char* const m_begin;
    const char* m_at;
    const char* const m_end;
    const char* m_problem = nullptr;
    std::unique_ptr<char[]> m_unescaped;
    char* m_unescapedEnd = nullptr;
};

std::int32_t readInt(Scanner& scanner)
{
    const std::string_view text = scanner.peek() == '"' ? scanner.string() : scanner.word();
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

Language readLanguage(Scanner& scanner)
{
    if (scanner.peek() == '"') {
        return languageFromText(scanner.string());
    }
    const std::string_view text = scanner.word();
    std::int64_t number = -1;
    (void)std::from_chars(text.data(), text.data() + text.size(), number);
    return languageFromNumber(number);
}

void readRemark(Scanner& scanner, std::string& remark)
{
    if (scanner.peek() == '"') {
        remark = scanner.string();
    } else if (scanner.word() != "null") {
        scanner.stop("remark is not a string");
    }
}

void readFields(Scanner& scanner, HeaderFields& fields)
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
        const std::string_view name = scanner.string();
        scanner.expect(':', "a colon is expected");
        const char first = scanner.peek();
        std::string_view value;
        if (first == '"') {
            value = scanner.string();
        } else if (first == '{' || first == '[') {
            value = scanner.skipValue();
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
    bool hasCode = false;

    scanner.expect('{', "the header is not a JSON object");
    if (!scanner.failed() && !scanner.take('}')) {
        do {
            const std::string_view name = scanner.string();
            scanner.expect(':', "a colon is expected");
            if (scanner.failed()) {
                break;
            }
            if (name == "code") {
                command.code = readInt(scanner);
                hasCode = true;
            } else if (name == "extFields") {
                readFields(scanner, command.fields);
            } else if (name == "flag") {
                command.flag = readInt(scanner);
            } else if (name == "language") {
                command.language = readLanguage(scanner);
            } else if (name == "opaque") {
                command.opaque = readInt(scanner);
            } else if (name == "remark") {
                readRemark(scanner, command.remark);
            } else if (name == "version") {
                command.version = readInt(scanner);
            } else {
                (void)scanner.skipValue();
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
