// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <optional>
#include <string>

/// Numbers as text, in one place. Thousands are separated by a narrow no-break space; unknown is
/// "–", never 0.
namespace gantry::ui::format {

/// What stands for a value nobody knows.
[[nodiscard]] QString unknown();
[[nodiscard]] QString text(const std::string& value);
/// With a capital first letter; "–" for an empty text.
[[nodiscard]] QString sentence(const std::string& value);
/// "–" for an empty text.
[[nodiscard]] QString textOrUnknown(const std::string& value);

[[nodiscard]] QString count(std::int64_t value); ///< "1 204 331"
[[nodiscard]] QString counted(std::int64_t value, const QString& one,
                              const QString& many);        ///< "1 topic", "3 topics"
[[nodiscard]] QString rate(double perSecond);              ///< "0.4", "41", "8 412"
[[nodiscard]] QString rateWithUnit(double perSecond);      ///< "41/s"
[[nodiscard]] QString bytes(std::int64_t value);           ///< "1.2 MiB"
[[nodiscard]] QString byteRate(double perSecond);          ///< "1.2 MiB/s"
[[nodiscard]] QString latency(std::int64_t nanoseconds);   ///< "820 µs", "1.24 ms"
[[nodiscard]] QString duration(std::int64_t milliseconds); ///< "0.8 s", "3 min 12 s", "2 d 4 h"
[[nodiscard]] QString age(std::int64_t thenMs, std::int64_t nowMs); ///< "12 s ago"
[[nodiscard]] QString dateTime(std::int64_t ms); ///< local, "2026-03-01 15:26:49.123"
/// Local, as short as it can be: "15:26:49.123" today, "03-01 15:26:49.123" on another day.
[[nodiscard]] QString moment(std::int64_t ms);
[[nodiscard]] QString timeOfDay(std::int64_t ms); ///< local, "15:26:49"
/// Local, to the second and as short as it can be: "15:26:49" today, "03-01 15:26" in this year,
/// "2025-03-01" before.
[[nodiscard]] QString when(std::int64_t ms);
[[nodiscard]] QString percent(double ratio);      ///< 0.613 -> "61 %"
[[nodiscard]] QString permission(int bits);       ///< "RW-"
/// "1s", "10m": what delay level 1..18 waits in Apache's table; empty for another level.
[[nodiscard]] QString delayOfLevel(int level);

[[nodiscard]] QString count(const std::optional<std::int64_t>& value);
[[nodiscard]] QString rate(const std::optional<double>& value);
[[nodiscard]] QString rateWithUnit(const std::optional<double>& value);
[[nodiscard]] QString bytes(const std::optional<std::int64_t>& value);
[[nodiscard]] QString percent(const std::optional<double>& value);
[[nodiscard]] QString dateTime(const std::optional<std::int64_t>& value);
[[nodiscard]] QString duration(const std::optional<std::int64_t>& value);

} // namespace gantry::ui::format
