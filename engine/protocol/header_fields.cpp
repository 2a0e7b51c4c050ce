// SPDX-License-Identifier: Apache-2.0
#include "protocol/header_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace gantry {

void HeaderFields::add(std::string_view name, std::string_view value)
{
    const std::size_t needed = m_text.size() + name.size() + value.size();
    const Slot slot{static_cast<std::uint32_t>(m_text.size()), static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(m_text.size() + name.size()), static_cast<std::uint32_t>(value.size())};
    if (needed <= m_text.capacity()) {
        m_text.append(name).append(value);
    } else {
        // Built aside: name and value may be views of the text that grows.
        std::string grown;
        grown.reserve(std::max(needed, 2 * m_text.capacity()));
        grown.append(m_text).append(name).append(value);
        m_text.swap(grown);
    }
    m_slots.push_back(slot);
}

void HeaderFields::set(std::string_view name, std::string_view value)
{
    if (!contains(name)) {
        add(name, value);
        return;
    }
    const std::string nameCopy(name);
    const std::string valueCopy(value);
    remove(nameCopy);
    add(nameCopy, valueCopy);
}

void HeaderFields::add(std::string_view name, std::int64_t value)
{
    std::array<char, 24> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
    add(name, std::string_view(text.data(), result.ptr));
}

void HeaderFields::addBool(std::string_view name, bool value)
{
    add(name, value ? std::string_view("true") : std::string_view("false"));
}

void HeaderFields::remove(std::string_view name)
{
    // The bytes stay until clear(); commands are short-lived.
    std::erase_if(m_slots, [&](const Slot& slot) {
        return std::string_view(m_text).substr(slot.nameAt, slot.nameSize) == name;
    });
}

void HeaderFields::clear()
{
    m_text.clear();
    m_slots.clear();
}

void HeaderFields::reserve(std::size_t fields, std::size_t bytes)
{
    m_slots.reserve(fields);
    m_text.reserve(bytes);
}

std::optional<std::string_view> HeaderFields::find(std::string_view name) const
{
    // From the back, so that the last of equal names wins as in Java's maps.
    const char* const text = m_text.data();
    const char first = name.empty() ? '\0' : name.front();
    const std::size_t rest = name.empty() ? 0 : name.size() - 1;
    for (auto slot = m_slots.rbegin(); slot != m_slots.rend(); ++slot) {
        // The first letter decides nearly always (senders' names have no other), and a call of memcmp costs more.
        if (slot->nameSize == name.size() &&
            (name.empty() || (text[slot->nameAt] == first &&
                              (rest == 0 || std::memcmp(text + slot->nameAt + 1, name.data() + 1, rest) == 0)))) {
            return std::string_view(text + slot->valueAt, slot->valueSize);
        }
    }
    return std::nullopt;
}

std::string_view HeaderFields::nameAt(std::size_t index) const
{
    const Slot& slot = m_slots[index];
    return std::string_view(m_text).substr(slot.nameAt, slot.nameSize);
}

std::string_view HeaderFields::valueAt(std::size_t index) const
{
    const Slot& slot = m_slots[index];
    return std::string_view(m_text).substr(slot.valueAt, slot.valueSize);
}

} // namespace gantry
