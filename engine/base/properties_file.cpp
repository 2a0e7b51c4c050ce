// SPDX-License-Identifier: Apache-2.0
#include "base/properties_file.h"

#include <charconv>

namespace gantry {

namespace {

void appendUtf8(std::string& out, unsigned point)
{
    if (point < 0x80) {
        out.push_back(static_cast<char>(point));
    } else if (point < 0x800) {
        out.push_back(static_cast<char>(0xC0U | (point >> 6U)));
        out.push_back(static_cast<char>(0x80U | (point & 0x3FU)));
    } else {
        out.push_back(static_cast<char>(0xE0U | (point >> 12U)));
        out.push_back(static_cast<char>(0x80U | ((point >> 6U) & 0x3FU)));
        out.push_back(static_cast<char>(0x80U | (point & 0x3FU)));
    }
}

/// One logical line with its continuations joined; moves `at` behind it and counts physical lines.
std::string nextLogicalLine(std::string_view text, std::size_t& at, std::size_t& line)
{
    std::string logical;
    while (at < text.size()) {
        std::size_t end = text.find('\n', at);
        end = end == std::string_view::npos ? text.size() : end;
        std::string_view physical = text.substr(at, end - at);
        at = end + 1;
        ++line;
        if (!physical.empty() && physical.back() == '\r') {
            physical.remove_suffix(1);
        }
        const std::size_t start = physical.find_first_not_of(" \t\f");
        physical = start == std::string_view::npos ? std::string_view{} : physical.substr(start);
        if (logical.empty() && (physical.empty() || physical.front() == '#' || physical.front() == '!')) {
            return {};
        }
        std::size_t backslashes = 0;
        while (backslashes < physical.size() && physical[physical.size() - 1 - backslashes] == '\\') {
            ++backslashes;
        }
        if (backslashes % 2 == 0) {
            return logical.append(physical);
        }
        logical.append(physical.substr(0, physical.size() - 1));
    }
    return logical;
}

Result<std::string> unescape(std::string_view raw, std::size_t line)
{
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != '\\' || i + 1 >= raw.size()) {
            out.push_back(raw[i]);
            continue;
        }
        const char escaped = raw[++i];
        switch (escaped) {
        case 't': out.push_back('\t'); break;
        case 'n': out.push_back('\n'); break;
        case 'r': out.push_back('\r'); break;
        case 'f': out.push_back('\f'); break;
        case 'u': {
            unsigned point = 0;
            const auto* begin = raw.data() + i + 1;
            const auto* end = raw.data() + std::min(raw.size(), i + 5);
            const auto [stop, error] = std::from_chars(begin, end, point, 16);
            if (error != std::errc{} || stop != begin + 4) {
                return fail(Errc::InvalidArgument, "line {}: \\u must be followed by four hex digits", line);
            }
            appendUtf8(out, point);
            i += 4;
            break;
        }
        default: out.push_back(escaped);
        }
    }
    return out;
}

/// So that unescape() and Java give the value back.
void appendEscaped(std::string& out, std::string_view value)
{
    for (std::size_t i = 0; i < value.size(); ++i) {
        switch (value[i]) {
        case '\\': out += "\\\\"; break;
        case '\t': out += "\\t"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\f': out += "\\f"; break;
        case ' ': out += i == 0 ? "\\ " : " "; break;
        default: out.push_back(value[i]);
        }
    }
}

/// Where the key ends: at the first unescaped separator.
std::size_t keyEnd(std::string_view logical)
{
    for (std::size_t i = 0; i < logical.size(); ++i) {
        if (logical[i] == '\\') {
            ++i;
        } else if (std::string_view("=: \t\f").find(logical[i]) != std::string_view::npos) {
            return i;
        }
    }
    return logical.size();
}

} // namespace

Result<PropertyTable> parseProperties(std::string_view text)
{
    PropertyTable table;
    std::size_t line = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::string logical = nextLogicalLine(text, at, line);
        if (logical.empty()) {
            continue;
        }
        const std::string_view view = logical;
        const std::size_t end = keyEnd(view);
        std::size_t valueStart = view.find_first_not_of(" \t\f", end);
        if (valueStart != std::string_view::npos && (view[valueStart] == '=' || view[valueStart] == ':')) {
            valueStart = view.find_first_not_of(" \t\f", valueStart + 1);
        }
        GANTRY_TRY(key, unescape(view.substr(0, end), line));
        GANTRY_TRY(value, unescape(valueStart == std::string_view::npos ? std::string_view{} : view.substr(valueStart), line));
        while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) {
            value.pop_back(); // broker.conf files are edited by hand; Apache's own values never end in blanks
        }
        table[key] = value;
    }
    return table;
}

std::string formatProperties(const PropertyTable& table)
{
    std::string text;
    for (const auto& [key, value] : table) {
        text += key;
        text += '=';
        appendEscaped(text, value);
        text += '\n';
    }
    return text;
}

} // namespace gantry
