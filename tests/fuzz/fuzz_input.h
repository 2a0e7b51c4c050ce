// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "protocol/header_fields.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace gantry::fuzz {

/// Takes an input apart from its front; behind its end there are zeros.
class Input
{
public:
    explicit Input(std::string_view bytes)
        : m_rest(bytes)
    {}

    std::uint8_t byte()
    {
        const auto text = take(1);
        return text.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(text.front());
    }
    std::uint16_t word()
    {
        const unsigned high = byte();
        return static_cast<std::uint16_t>(high << 8U | byte());
    }
    std::string_view take(std::size_t count)
    {
        const auto text = m_rest.substr(0, count);
        m_rest.remove_prefix(text.size());
        return text;
    }
    /// Up to the next zero byte, which goes, too.
    std::string_view text()
    {
        const auto text = take(m_rest.find('\0'));
        (void)take(1);
        return text;
    }
    std::string_view rest() { return take(m_rest.size()); }
    [[nodiscard]] bool isEmpty() const { return m_rest.empty(); }

private:
    std::string_view m_rest;
};

/// Header fields as inputs carry them: a name, 3, its value, 4, and so on up to a zero byte. (1 and 2 stand in the values
/// that are message properties.)
inline HeaderFields takeFields(Input& input)
{
    HeaderFields fields;
    std::string_view text = input.text();
    while (!text.empty()) {
        const std::string_view field = text.substr(0, text.find('\x04'));
        text.remove_prefix(std::min(field.size() + 1, text.size()));
        const std::string_view name = field.substr(0, field.find('\x03'));
        fields.add(name, field.substr(std::min(name.size() + 1, field.size())));
    }
    return fields;
}

inline std::string fieldsText(const HeaderFields& fields)
{
    std::string text;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        text.append(fields.nameAt(i)).append(1, '\x03').append(fields.valueAt(i)).append(1, '\x04');
    }
    return text + '\0';
}

/// A header with every field filled in: names of a topic and a group that are there, small numbers.
template <typename Header>
HeaderFields filledHeader()
{
    HeaderFields fields;
    Header header;
    Header::visit(header, [&](std::string_view name, const auto& member) {
        const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
        using Member = std::remove_cvref_t<decltype(member)>;
        constexpr bool isText = std::is_same_v<Member, std::string> || std::is_same_v<Member, std::optional<std::string>>;
        if (!isText) {
            fields.add(name, has("Nums") || has("Num") || has("perm") ? std::int64_t{4} : std::int64_t{0});
        } else if (has("roup") || name == "a") {
            fields.add(name, "g");
        } else if (has("opic") || name == "b") {
            fields.add(name, "T");
        } else {
            fields.add(name, has("lientId") || has("lientID") ? "c" : has("ddr") ? "127.0.0.1:10911" : "x");
        }
    });
    return fields;
}

} // namespace gantry::fuzz
