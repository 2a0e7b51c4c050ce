// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gantry {

/// The extFields of a command: names and values, all text, in one buffer. Cheap to fill and to search, because a
/// command has about a dozen. Not thread-safe.
class HeaderFields
{
public:
    void add(std::string_view name, std::string_view value); ///< does not look for an older one
    void set(std::string_view name, std::string_view value); ///< replaces or adds
    void add(std::string_view name, std::int64_t value);
    void addBool(std::string_view name, bool value);
    void remove(std::string_view name);
    void clear();
    void reserve(std::size_t fields, std::size_t bytes);

    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] bool contains(std::string_view name) const { return find(name).has_value(); }
    [[nodiscard]] std::size_t size() const { return m_slots.size(); }
    [[nodiscard]] bool empty() const { return m_slots.empty(); }
    [[nodiscard]] std::string_view nameAt(std::size_t index) const;
    [[nodiscard]] std::string_view valueAt(std::size_t index) const;

private:
    struct Slot
    {
        std::uint32_t nameAt;
        std::uint32_t nameSize;
        std::uint32_t valueAt;
        std::uint32_t valueSize;
    };
    std::string m_text;
    std::vector<Slot> m_slots;
};

} // namespace gantry
