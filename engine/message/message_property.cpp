// SPDX-License-Identifier: Apache-2.0
#include "message/message_property.h"

#include <algorithm>

namespace gantry {

namespace {

constexpr char kNameEnd = '\x01';
constexpr char kPairEnd = '\x02';

/// Calls visitor(whole, key, value) for every pair Apache would keep; `whole` is without its end mark.
template <typename Visitor>
void forEachPair(std::string_view text, Visitor&& visitor)
{
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find(kPairEnd, at), text.size());
        const std::string_view pair = text.substr(at, end - at);
        const std::size_t middle = pair.find(kNameEnd);
        if (middle != std::string_view::npos && middle > 0 && middle + 1 < pair.size()) {
            visitor(pair, pair.substr(0, middle), pair.substr(middle + 1));
        }
        at = end + 1;
    }
}

void appendPair(std::string& out, std::string_view key, std::string_view value)
{
    out.append(key).push_back(kNameEnd);
    out.append(value).push_back(kPairEnd);
}

std::string copyWithout(std::string_view encoded, std::string_view key, std::size_t extraBytes)
{
    std::string out;
    out.reserve(encoded.size() + extraBytes + 1);
    forEachPair(encoded, [&](std::string_view pair, std::string_view name, std::string_view) {
        if (name != key) {
            out.append(pair).push_back(kPairEnd);
        }
    });
    return out;
}

} // namespace

std::optional<std::string_view> PropertyList::find(std::string_view key) const
{
    for (const auto& [name, value] : m_entries) {
        if (name == key) {
            return value;
        }
    }
    return std::nullopt;
}

std::string_view PropertyList::value(std::string_view key) const
{
    return find(key).value_or(std::string_view{});
}

void PropertyList::set(std::string_view key, std::string_view value)
{
    for (auto& [name, current] : m_entries) {
        if (name == key) {
            current = value;
            return;
        }
    }
    m_entries.emplace_back(key, value);
}

void PropertyList::remove(std::string_view key)
{
    std::erase_if(m_entries, [&](const auto& entry) { return entry.first == key; });
}

PropertyList PropertyList::decode(std::string_view text)
{
    PropertyList list;
    forEachPair(text, [&](std::string_view, std::string_view key, std::string_view value) { list.set(key, value); });
    return list;
}

std::string PropertyList::encode() const
{
    std::size_t size = 0;
    for (const auto& [key, value] : m_entries) {
        size += key.size() + value.size() + 2;
    }
    std::string out;
    out.reserve(size);
    for (const auto& [key, value] : m_entries) {
        // Readers drop such pairs; writing them would only spend bytes.
        if (!key.empty() && !value.empty()) {
            appendPair(out, key, value);
        }
    }
    return out;
}

std::optional<std::string_view> findEncodedProperty(std::string_view encoded, std::string_view key)
{
    std::optional<std::string_view> found;
    forEachPair(encoded, [&](std::string_view, std::string_view name, std::string_view value) {
        if (name == key) {
            found = value;
        }
    });
    return found;
}

std::string withEncodedProperty(std::string_view encoded, std::string_view key, std::string_view value)
{
    std::string out = copyWithout(encoded, key, key.size() + value.size() + 2);
    if (!key.empty() && !value.empty()) {
        appendPair(out, key, value);
    }
    return out;
}

std::string withoutEncodedProperty(std::string_view encoded, std::string_view key)
{
    return copyWithout(encoded, key, 0);
}

} // namespace gantry
