// SPDX-License-Identifier: Apache-2.0
#include "protocol/fastjson_dialect.h"

#include "protocol/fastjson_parser.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>

namespace gantry {

namespace {

using Json = nlohmann::json;

// Marks that cannot begin a well-formed UTF-8 name. What follows is checked again before it goes out bare.
constexpr char kNumericMark = '\xFE';
constexpr char kObjectMark = '\xFF';

bool isInteger(std::string_view text)
{
    long long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

bool isNumericKey(std::string_view key)
{
    return key.size() > 1 && key.front() == kNumericMark && isInteger(key.substr(1));
}

bool isObjectKey(std::string_view key)
{
    if (key.size() < 2 || key.front() != kObjectMark || key[1] != '{') {
        return false;
    }
    FastjsonParser parser(key.substr(1));
    return parser.parse().is_object() && parser.problem().empty();
}

class Writer
{
public:
    Writer(std::string& out, bool pretty)
        : m_out(out)
        , m_pretty(pretty)
    {}

    void value(const Json& json)
    {
        switch (json.type()) {
        case Json::value_t::object: object(json); break;
        case Json::value_t::array: array(json); break;
        case Json::value_t::string: text(json.get_ref<const std::string&>()); break;
        case Json::value_t::number_float: real(json.get<double>()); break;
        case Json::value_t::boolean:
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned: m_out.append(json.dump()); break;
        default: m_out.append("null"); break;
        }
    }

private:
    void object(const Json& json)
    {
        if (json.empty()) {
            m_out.append("{}");
            return;
        }
        m_out.push_back('{');
        ++m_depth;
        // Java keeps a numeric map's entries on one line and breaks before the closing brace; so do we.
        const bool oneLine = isNumericKey(json.begin().key());
        bool first = true;
        for (const auto& [name, member] : json.items()) {
            if (!first) {
                m_out.push_back(',');
            }
            first = false;
            if (!oneLine) {
                newLine();
            }
            key(name);
            m_out.push_back(':');
            value(member);
        }
        --m_depth;
        newLine();
        m_out.push_back('}');
    }

    void array(const Json& json)
    {
        m_out.push_back('[');
        bool first = true;
        for (const Json& item : json) {
            if (!first) {
                m_out.push_back(',');
            }
            first = false;
            value(item);
        }
        m_out.push_back(']');
    }

    void key(std::string_view name)
    {
        if (isNumericKey(name) || isObjectKey(name)) {
            m_out.append(name.substr(1));
        } else {
            text(name);
        }
    }

    void text(std::string_view value)
    {
        constexpr std::string_view kHex = "0123456789ABCDEF";
        m_out.push_back('"');
        for (const char c : value) {
            const auto code = static_cast<unsigned char>(c);
            switch (c) {
            case '"': m_out.append("\\\""); break;
            case '\\': m_out.append("\\\\"); break;
            case '\n': m_out.append("\\n"); break;
            case '\r': m_out.append("\\r"); break;
            case '\t': m_out.append("\\t"); break;
            default:
                if (code < 0x20) {
                    m_out.append("\\u00").append({kHex[code >> 4], kHex[code & 0xF]});
                } else {
                    m_out.push_back(c);
                }
            }
        }
        m_out.push_back('"');
    }

    void real(double number)
    {
        if (!std::isfinite(number)) {
            m_out.append("null");
            return;
        }
        m_out.append(Json(number).dump()); // shortest digits, always with a fraction or exponent
    }

    void newLine()
    {
        if (m_pretty) {
            m_out.push_back('\n');
            m_out.append(m_depth, '\t');
        }
    }

    std::string& m_out;
    bool m_pretty;
    std::size_t m_depth = 0;
};

std::string dump(const Json& value, bool pretty)
{
    std::string out;
    Writer(out, pretty).value(value);
    return out;
}

} // namespace

Result<nlohmann::json> parseFastjson(std::string_view text, std::string_view what)
{
    FastjsonParser parser(text);
    Json document = parser.parse();
    if (!parser.problem().empty()) {
        return fail(parser.limitExceeded() ? Errc::LimitExceeded : Errc::Corruption,
            "{} is not usable JSON at byte {} of {}: {}",
                    what, parser.position(), text.size(), parser.problem());
    }
    return document;
}

std::string numericKey(long long key)
{
    return std::string(1, kNumericMark).append(std::to_string(key));
}

std::string objectKey(const nlohmann::json& key)
{
    return std::string(1, kObjectMark).append(dump(key, false));
}

std::string dumpFastjson(const nlohmann::json& value)
{
    return dump(value, false);
}

std::string dumpFastjsonPretty(const nlohmann::json& value)
{
    return dump(value, true);
}

} // namespace gantry
