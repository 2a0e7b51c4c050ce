// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtTest>

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

/// QCOMPARE prints values with toString(), and for our enums finds gantry's, which gives a string_view that it cannot
/// use. Include this to compare such enums, and to see strings in failures.
namespace QTest {

template <typename T>
    requires std::is_enum_v<T> && requires(T value) { { toString(value) } -> std::same_as<std::string_view>; }
bool qCompare(const T& actual, const T& expected, const char* actualText, const char* expectedText, const char* file, int line)
{
    const auto copy = [](T value) {
        const std::string text(toString(value));
        return qstrdup(text.c_str());
    };
    auto copyActual = [&]() -> const char* { return copy(actual); };
    auto copyExpected = [&]() -> const char* { return copy(expected); };
    return compare_helper(actual == expected, "Compared values are not the same", copyActual, copyExpected, actualText,
                          expectedText, file, line);
}

template <>
inline char* toString(const std::string& value)
{
    return qstrdup(value.c_str());
}

template <>
inline char* toString(const std::string_view& value)
{
    return qstrdup(std::string(value).c_str());
}

} // namespace QTest
