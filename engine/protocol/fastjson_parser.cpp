// SPDX-License-Identifier: Apache-2.0
#include "protocol/fastjson_parser.h"

#include "base/limits.h"
#include "protocol/fastjson_dialect.h"

#include <algorithm>
#include <charconv>

namespace gantry {

namespace {

using Json = nlohmann::json;

/// Values of one document, also after references are resolved: a cluster of 10,000 topics has a tenth of that.
constexpr std::size_t kValuesMax = 2'000'000;

bool isBareCharacter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' ||
        c == '.' ||
           c == '_' || c == '$' || c == '@';
}

bool hexUnit(std::string_view text, std::uint32_t& unit)
{
    if (text.size() < 4) {
        return false;
    }
    const auto result = std::from_chars(text.data(), text.data() + 4, unit, 16);
    return result.ec == std::errc{} && result.ptr == text.data() + 4;
}

void appendUtf8(std::string& out, std::uint32_t point)
{
    const auto push = [&](std::uint32_t value) { out.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
    if (point < 0x80) {
        push(point);
        return;
    }
    if (point < 0x800) {
        push(0xC0 | (point >> 6));
    } else {
        if (point < 0x10000) {
            push(0xE0 | (point >> 12));
        } else {
            push(0xF0 | (point >> 18));
            push(0x80 | ((point >> 12) & 0x3F));
        }
        push(0x80 | ((point >> 6) & 0x3F));
    }
    push(0x80 | (point & 0x3F));
}

bool isReference(const Json& node)
{
    return node.is_object() && node.size() == 1 && node.begin().key() == "$ref" && node.begin()->is_string();
}

bool holdsReference(const Json& node)
{
    if (isReference(node)) {
        return true;
    }
    return node.is_structured() && std::any_of(node.begin(), node.end(), holdsReference);
}

} // namespace

nlohmann::json FastjsonParser::parse()
{
    Json root = value(0);
    skipBlanks();
    if (m_at != m_text.size()) {
        stop("something follows the document");
    }
    if (m_hasReferences) {
        do {
            m_resolved = 0;
            m_unresolved = 0;
            resolveReferences(root, root, 0);
        } while (m_problem.empty() && m_unresolved > 0 && m_resolved > 0);
        if (m_unresolved > 0) {
            stop("its references go in circles");
        }
    }
    return root;
}

void FastjsonParser::stop(std::string_view problem)
{
    if (m_problem.empty()) {
        m_problem = problem;
    }
}

void FastjsonParser::stopAtLimit(std::string_view problem)
{
    if (m_problem.empty()) {
        m_problem = problem;
        m_limitExceeded = true;
    }
}

void FastjsonParser::skipBlanks()
{
    while (m_at < m_text.size() && (m_text[m_at] == ' ' || m_text[m_at] == '\n' || m_text[m_at] == '\t' ||
        m_text[m_at] == '\r')) {
        ++m_at;
    }
}

char FastjsonParser::peek()
{
    skipBlanks();
    return m_at < m_text.size() ? m_text[m_at] : '\0';
}

bool FastjsonParser::take(char wanted)
{
    skipBlanks();
    if (m_at < m_text.size() && m_text[m_at] == wanted) {
        ++m_at;
        return true;
    }
    return false;
}

nlohmann::json FastjsonParser::value(std::size_t depth)
{
    if (depth > limits::kJsonDepthMax) {
        stopAtLimit("it is nested too deeply");
        return {};
    }
    if (++m_values > kValuesMax) {
        stopAtLimit("it has too many values");
        return {};
    }
    switch (peek()) {
    case '{': return object(depth);
    case '[': return array(depth);
    case '"':
    case '\'': return quoted();
    default: return bareWord();
    }
}

nlohmann::json FastjsonParser::object(std::size_t depth)
{
    Json result = Json::object();
    (void)take('{');
    if (take('}')) {
        return result;
    }
    auto& members = result.get_ref<Json::object_t&>();
    do {
        std::string name = key(depth);
        if (!take(':')) {
            stop("a colon is expected after a name");
        }
        if (!m_problem.empty()) {
            return result;
        }
        m_hasReferences = m_hasReferences || name == "$ref";
        members.insert_or_assign(std::move(name), value(depth + 1));
    } while (m_problem.empty() && take(','));
    if (!take('}')) {
        stop("an object is not closed");
    }
    return result;
}

nlohmann::json FastjsonParser::array(std::size_t depth)
{
    Json result = Json::array();
    (void)take('[');
    if (take(']')) {
        return result;
    }
    do {
        result.push_back(value(depth + 1));
    } while (m_problem.empty() && take(','));
    if (!take(']')) {
        stop("an array is not closed");
    }
    return result;
}

std::string FastjsonParser::key(std::size_t depth)
{
    const char first = peek();
    if (first == '"' || first == '\'') {
        return quoted();
    }
    if (first == '{') {
        const Json object = value(depth + 1);
        return m_problem.empty() ? dumpFastjson(object) : std::string();
    }
    const std::size_t start = m_at;
    while (m_at < m_text.size() && isBareCharacter(m_text[m_at])) {
        ++m_at;
    }
    if (m_at == start) {
        stop("a name is expected");
    }
    return std::string(m_text.substr(start, m_at - start));
}

nlohmann::json FastjsonParser::bareWord()
{
    const std::size_t start = m_at;
    while (m_at < m_text.size() && isBareCharacter(m_text[m_at])) {
        ++m_at;
    }
    const std::string_view word = m_text.substr(start, m_at - start);
    if (word == "true" || word == "false") {
        return word == "true";
    }
    if (word == "null") {
        return nullptr;
    }
    std::int64_t whole = 0;
    const char* const last = word.data() + word.size();
    if (const auto result = std::from_chars(word.data(), last, whole); result.ec == std::errc{} && result.ptr == last) {
        return whole;
    }
    double real = 0;
    const bool numeric = !word.empty() && (word.front() == '-' || (word.front() >= '0' && word.front() <= '9'));
    if (const auto result = std::from_chars(word.data(), last, real); numeric && result.ec == std::errc{} &&
        result.ptr == last) {
        return real;
    }
    m_at = start;
    stop("a value is expected");
    return nullptr;
}

std::string FastjsonParser::quoted()
{
    const char mark = m_text[m_at++];
    std::string out;
    while (m_at < m_text.size() && m_text[m_at] != mark) {
        if (m_text[m_at] == '\\') {
            ++m_at;
            escape(out);
            continue;
        }
        const std::size_t start = m_at;
        while (m_at < m_text.size() && m_text[m_at] != mark && m_text[m_at] != '\\') {
            ++m_at;
        }
        out.append(m_text, start, m_at - start);
    }
    if (m_at >= m_text.size()) {
        stop("a string is not closed");
    } else {
        ++m_at;
    }
    return out;
}

void FastjsonParser::escape(std::string& out)
{
    const char c = m_at < m_text.size() ? m_text[m_at++] : '\0';
    switch (c) {
    case 'b': out.push_back('\b'); return;
    case 'f': out.push_back('\f'); return;
    case 'n': out.push_back('\n'); return;
    case 'r': out.push_back('\r'); return;
    case 't': out.push_back('\t'); return;
    case '"':
    case '\'':
    case '\\':
    case '/': out.push_back(c); return;
    case 'u': break;
    default: stop("a string has an unknown escape"); return;
    }
    std::uint32_t unit = 0;
    if (!hexUnit(m_text.substr(m_at), unit)) {
        stop("a \\u escape needs four hex digits");
        return;
    }
    m_at += 4;
    std::uint32_t low = 0;
    if (unit >= 0xD800 && unit < 0xDC00 && m_text.substr(m_at, 2) == "\\u" && hexUnit(m_text.substr(m_at + 2), low) &&
        low >= 0xDC00 && low < 0xE000) {
        m_at += 6;
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    } else if (unit >= 0xD800 && unit < 0xE000) {
        unit = 0xFFFD; // half a pair stands for nothing
    }
    appendUtf8(out, unit);
}

/// One walk over the tree: replaces the references whose targets hold none themselves, counts the others.
void FastjsonParser::resolveReferences(const Json& root, Json& node, std::size_t depth)
{
    if (!m_problem.empty() || !node.is_structured()) {
        return;
    }
    if (!isReference(node)) {
        for (Json& child : node) {
            resolveReferences(root, child, depth + 1);
        }
        return;
    }
    const Json* const target = follow(root, node.begin()->get_ref<const std::string&>());
    if (target == nullptr) {
        stop("a $ref points to nothing");
    } else if (holdsReference(*target)) {
        ++m_unresolved;
    } else if (chargeCopy(*target, depth)) {
        ++m_resolved;
        Json copy = *target;
        node = std::move(copy);
    }
}

/// "$.name.list[2]"; a backslash keeps the next character from meaning anything.
const nlohmann::json* FastjsonParser::follow(const Json& root, std::string_view path)
{
    if (!path.starts_with("$.") && !path.starts_with("$[")) {
        return nullptr;
    }
    const Json* node = &root;
    std::size_t at = 1;
    while (at < path.size()) {
        if (path[at] == '[') {
            std::size_t index = 0;
            const auto [end, error] = std::from_chars(path.data() + at + 1, path.data() + path.size(), index);
            if (error != std::errc{} || end == path.data() + path.size() || *end != ']' || !node->is_array() ||
                index >= node->size()) {
                return nullptr;
            }
            node = &(*node)[index];
            at = static_cast<std::size_t>(end - path.data()) + 1;
            continue;
        }
        if (path[at] != '.') {
            return nullptr;
        }
        std::string name;
        for (++at; at < path.size() && path[at] != '.' && path[at] != '['; ++at) {
            if (path[at] == '\\' && at + 1 < path.size()) {
                ++at;
            }
            name.push_back(path[at]);
        }
        if (!node->is_object()) {
            return nullptr;
        }
        const auto found = node->find(name);
        if (found == node->end()) {
            return nullptr;
        }
        node = &*found;
    }
    return node;
}

/// Counts what copying the node adds.
bool FastjsonParser::chargeCopy(const Json& node, std::size_t depth)
{
    if (++m_values > kValuesMax || depth > limits::kJsonDepthMax) {
        stopAtLimit("its references repeat too much");
        return false;
    }
    if (node.is_structured()) {
        for (const Json& child : node) {
            if (!chargeCopy(child, depth + 1)) {
                return false;
            }
        }
    }
    return true;
}

} // namespace gantry
