// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/format.h"

#include <QDateTime>

#include <array>
#include <cmath>

namespace gantry::ui::format {

namespace {

constexpr QChar kNarrowSpace(0x202F);

QString grouped(QString digits)
{
    const auto start = digits.startsWith(QLatin1Char('-')) ? 1 : 0;
    for (auto at = digits.size() - 3; at > start; at -= 3) {
        digits.insert(at, kNarrowSpace);
    }
    return digits;
}

/// Three significant digits below 100, none after the point from there on.
QString shortNumber(double value)
{
    const double magnitude = std::abs(value);
    if (magnitude < 10) {
        return QString::number(value, 'f', magnitude < 1 ? 2 : 1);
    }
    return grouped(QString::number(static_cast<qint64>(std::llround(value))));
}

QString withUnit(const QString& number, const QString& unit)
{
    return number + kNarrowSpace + unit;
}

template <typename T, typename F>
QString orUnknown(const std::optional<T>& value, F&& toText)
{
    return value ? toText(*value) : unknown();
}

} // namespace

QString unknown()
{
    return QStringLiteral("–");
}

QString text(const std::string& value)
{
    return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()));
}

QString sentence(const std::string& value)
{
    QString out = textOrUnknown(value);
    out[0] = out[0].toUpper();
    return out;
}

QString textOrUnknown(const std::string& value)
{
    return value.empty() ? unknown() : text(value);
}

QString count(std::int64_t value)
{
    return grouped(QString::number(value));
}

QString counted(std::int64_t value, const QString& one, const QString& many)
{
    return count(value) + QLatin1Char(' ') + (value == 1 ? one : many);
}

QString rate(double perSecond)
{
    if (perSecond < 0.05) {
        return QStringLiteral("0");
    }
    if (perSecond < 10) {
        return QString::number(perSecond, 'f', 1);
    }
    return grouped(QString::number(static_cast<qint64>(std::llround(perSecond))));
}

QString rateWithUnit(double perSecond)
{
    return rate(perSecond) + QStringLiteral("/s");
}

QString bytes(std::int64_t value)
{
    static const std::array units{QStringLiteral("B"),   QStringLiteral("KiB"),
                                  QStringLiteral("MiB"), QStringLiteral("GiB"),
                                  QStringLiteral("TiB"), QStringLiteral("PiB")};
    double number = static_cast<double>(value);
    std::size_t unit = 0;
    while (std::abs(number) >= 1024 && unit + 1 < units.size()) {
        number /= 1024;
        ++unit;
    }
    if (unit == 0) {
        return withUnit(QString::number(value), units[0]);
    }
    return withUnit(std::abs(number) < 100 ? QString::number(number, 'f', 1)
                                           : QString::number(number, 'f', 0),
                    units[unit]);
}

QString byteRate(double perSecond)
{
    return bytes(std::llround(perSecond)) + QStringLiteral("/s");
}

QString latency(std::int64_t nanoseconds)
{
    const double ns = static_cast<double>(nanoseconds);
    if (ns < 1e3) {
        return withUnit(QString::number(nanoseconds), QStringLiteral("ns"));
    }
    const auto scaled = [](double value, const QString& unit) {
        return withUnit(value < 10    ? QString::number(value, 'f', 2)
                        : value < 100 ? QString::number(value, 'f', 1)
                                      : shortNumber(value),
                        unit);
    };
    if (ns < 1e6) {
        return scaled(ns / 1e3, QStringLiteral("µs"));
    }
    if (ns < 1e9) {
        return scaled(ns / 1e6, QStringLiteral("ms"));
    }
    return scaled(ns / 1e9, QStringLiteral("s"));
}

QString duration(std::int64_t milliseconds)
{
    if (milliseconds < 0) {
        return QStringLiteral("-") + duration(-milliseconds);
    }
    const auto join = [](std::int64_t a, const char* unitA, std::int64_t b, const char* unitB) {
        QString out = withUnit(QString::number(a), QLatin1String(unitA));
        if (b != 0) {
            out += QLatin1Char(' ') + withUnit(QString::number(b), QLatin1String(unitB));
        }
        return out;
    };
    if (milliseconds < 1000) {
        return withUnit(QString::number(milliseconds), QStringLiteral("ms"));
    }
    const auto seconds = milliseconds / 1000;
    if (seconds < 10) {
        return withUnit(QString::number(static_cast<double>(milliseconds / 100) / 10, 'f', 1),
                        QStringLiteral("s"));
    }
    if (seconds < 60) {
        return withUnit(QString::number(seconds), QStringLiteral("s"));
    }
    if (seconds < 3600) {
        return join(seconds / 60, "min", seconds % 60, "s");
    }
    if (seconds < 86400) {
        return join(seconds / 3600, "h", seconds % 3600 / 60, "min");
    }
    return join(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

QString age(std::int64_t thenMs, std::int64_t nowMs)
{
    const auto passed = nowMs - thenMs;
    if (passed < 1000) {
        return QStringLiteral("just now");
    }
    return duration(passed < 60'000 ? passed / 1000 * 1000 : passed) + QStringLiteral(" ago");
}

QString dateTime(std::int64_t ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
}

QString moment(std::int64_t ms)
{
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(ms);
    const bool isToday = time.date() == QDate::currentDate();
    return time.toString(isToday ? QStringLiteral("HH:mm:ss.zzz")
                                 : QStringLiteral("MM-dd HH:mm:ss.zzz"));
}

QString timeOfDay(std::int64_t ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss"));
}

QString when(std::int64_t ms)
{
    const QDateTime time = QDateTime::fromMSecsSinceEpoch(ms);
    const QDate today = QDate::currentDate();
    return time.toString(time.date() == today                ? QStringLiteral("HH:mm:ss")
                         : time.date().year() == today.year() ? QStringLiteral("MM-dd HH:mm")
                                                              : QStringLiteral("yyyy-MM-dd"));
}

QString percent(double ratio)
{
    return withUnit(QString::number(ratio * 100, 'f', ratio > 0 && ratio < 0.01 ? 1 : 0),
                    QStringLiteral("%"));
}

QString permission(int bits)
{
    QString out;
    out += QLatin1Char((bits & 4) != 0 ? 'R' : '-');
    out += QLatin1Char((bits & 2) != 0 ? 'W' : '-');
    return out;
}

QString delayOfLevel(int level)
{
    static const std::array<const char*, 18> names{
        "1 s",   "5 s",   "10 s",  "30 s",  "1 min",  "2 min",  "3 min",  "4 min", "5 min",
        "6 min", "7 min", "8 min", "9 min", "10 min", "20 min", "30 min", "1 h",   "2 h"};
    if (level < 1 || level > static_cast<int>(names.size())) {
        return {};
    }
    return QLatin1String(names[static_cast<std::size_t>(level - 1)]);
}

QString count(const std::optional<std::int64_t>& value)
{
    return orUnknown(value, [](std::int64_t v) { return count(v); });
}
QString rate(const std::optional<double>& value)
{
    return orUnknown(value, [](double v) { return rate(v); });
}
QString rateWithUnit(const std::optional<double>& value)
{
    return orUnknown(value, [](double v) { return rateWithUnit(v); });
}
QString bytes(const std::optional<std::int64_t>& value)
{
    return orUnknown(value, [](std::int64_t v) { return bytes(v); });
}
QString percent(const std::optional<double>& value)
{
    return orUnknown(value, [](double v) { return percent(v); });
}
QString dateTime(const std::optional<std::int64_t>& value)
{
    return orUnknown(value, [](std::int64_t v) { return dateTime(v); });
}
QString duration(const std::optional<std::int64_t>& value)
{
    return orUnknown(value, [](std::int64_t v) { return duration(v); });
}

} // namespace gantry::ui::format
