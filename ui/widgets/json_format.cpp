// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/json_format.h"

#include <QJsonDocument>

namespace gantry::ui {

namespace {

constexpr int kIndent = 2;

bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

qsizetype skipBlanks(const QByteArray& text, qsizetype at)
{
    while (at < text.size() && isBlank(text[at])) {
        ++at;
    }
    return at;
}

} // namespace

std::optional<QByteArray> formatJson(const QByteArray& text)
{
    // Qt judges whether it is JSON; its writer would sort members and round numbers, so the layout
    // is our own.
    if (QJsonDocument::fromJson(text).isNull()) {
        return std::nullopt;
    }
    QByteArray out;
    out.reserve(text.size() * 2);
    int depth = 0;
    const auto newLine = [&] {
        out += '\n';
        out.append(depth * kIndent, ' ');
    };
    for (qsizetype i = skipBlanks(text, 0); i < text.size(); i = skipBlanks(text, i)) {
        const char c = text[i];
        if (c == '"') {
            qsizetype end = i + 1;
            while (end < text.size() && text[end] != '"') {
                end += text[end] == '\\' ? 2 : 1;
            }
            out += text.mid(i, end + 1 - i);
            i = end + 1;
            continue;
        }
        ++i;
        switch (c) {
        case '{':
        case '[': {
            const qsizetype next = skipBlanks(text, i);
            out += c;
            if (next < text.size() && (text[next] == '}' || text[next] == ']')) {
                out += text[next];
                i = next + 1;
            } else {
                ++depth;
                newLine();
            }
            break;
        }
        case '}':
        case ']':
            --depth;
            newLine();
            out += c;
            break;
        case ',':
            out += c;
            newLine();
            break;
        case ':':
            out += ": ";
            break;
        default:
            out += c;
        }
    }
    return out;
}

} // namespace gantry::ui
