// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "protocol/header_fields.h"

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

/// Typed headers over HeaderFields. A header struct lists its fields once:
///
///     struct QueryConsumerOffsetHeader {
///         std::string consumerGroup; std::int32_t queueId = 0; std::optional<bool> setZeroIfNotFound;
///         template <typename Self, typename Visitor> static void visit(Self& self, Visitor&& visitor)
///         {
///             visitor("consumerGroup", self.consumerGroup);      // plain members are mandatory
///             visitor("queueId", self.queueId);
///             visitor("setZeroIfNotFound", self.setZeroIfNotFound); // std::optional members are optional
///         }
///     };
///
/// Text forms follow Apache's reflection codec: decimal integers, only "true" (any case) is true.
namespace gantry {

namespace detail {

[[nodiscard]] bool parseHeaderBool(std::string_view text);
// Out of line: they would be in every header's reader for every field.
[[nodiscard]] Error missingHeaderField(std::string_view name);
[[nodiscard]] Error unusableHeaderField(std::string_view name, std::string_view text);

template <typename T>
bool parseHeaderValue(std::string_view text, T& value)
{
    if constexpr (std::is_same_v<T, bool>) {
        value = parseHeaderBool(text);
        return true;
    } else if constexpr (std::integral<T>) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc{} && end == text.data() + text.size();
    } else {
        value = T(text);
        return true;
    }
}

template <typename T>
void formatHeaderValue(HeaderFields& fields, std::string_view name, const T& value)
{
    if constexpr (std::is_same_v<T, bool>) {
        fields.addBool(name, value);
    } else if constexpr (std::integral<T>) {
        fields.add(name, static_cast<std::int64_t>(value));
    } else {
        fields.add(name, std::string_view(value));
    }
}

template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

} // namespace detail

/// Errc::InvalidArgument names the first field that is missing or not of its type.
template <typename Header>
[[nodiscard]] Result<Header> decodeHeader(const HeaderFields& fields)
{
    Header header;
    std::optional<Error> problem;
    Header::visit(header, [&](std::string_view name, auto& member) {
        using Member = std::remove_cvref_t<decltype(member)>;
        const auto text = fields.find(name);
        if (!text) {
            if constexpr (!detail::kIsOptional<Member>) {
                if (!problem) {
                    problem = detail::missingHeaderField(name);
                }
            }
            return;
        }
        bool parsed = false;
        if constexpr (detail::kIsOptional<Member>) {
            typename Member::value_type value{};
            parsed = detail::parseHeaderValue(*text, value);
            member = std::move(value);
        } else {
            parsed = detail::parseHeaderValue(*text, member);
        }
        if (!parsed && !problem) {
            problem = detail::unusableHeaderField(name, *text);
        }
    });
    if (problem) {
        return tl::unexpected<Error>(std::move(*problem));
    }
    return header;
}

template <typename Header>
void encodeHeader(const Header& header, HeaderFields& fields)
{
    Header::visit(header, [&](std::string_view name, const auto& member) {
        using Member = std::remove_cvref_t<decltype(member)>;
        if constexpr (detail::kIsOptional<Member>) {
            if (member) {
                detail::formatHeaderValue(fields, name, *member);
            }
        } else {
            detail::formatHeaderValue(fields, name, member);
        }
    });
}

} // namespace gantry
