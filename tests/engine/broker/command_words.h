// SPDX-License-Identifier: GPL-3.0-or-later
// Commands in words, for tests.
#pragma once

#include "message/message_property.h"
#include "protocol/command.h"
#include "protocol/response_code.h"

#include <QTest>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gantry {

inline std::string field(const RemotingCommand& command, std::string_view name)
{
    return std::string(command.fields.find(name).value_or("(absent)"));
}

inline std::int64_t number(const RemotingCommand& command, std::string_view name)
{
    return std::stoll(field(command, name));
}

/// As a message carries them.
inline std::string properties(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs)
{
    PropertyList list;
    for (const auto& [key, value] : pairs) {
        list.set(key, value);
    }
    return list.encode();
}

inline std::string describe(const RemotingCommand& command)
{
    return std::to_string(command.code) + " " + std::string(responseCodeName(command.code)) + ": " + command.remark;
}

} // namespace gantry

/// Says what the answer was where it is another.
#define COMPARE_CODE(command, expected)                                                                        \
    do {                                                                                                       \
        const gantry::RemotingCommand compared = (command);                                                    \
        QVERIFY2(compared.code == static_cast<int>(expected), gantry::describe(compared).c_str());             \
    } while (false)
