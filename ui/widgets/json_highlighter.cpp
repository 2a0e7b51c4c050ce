// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/json_highlighter.h"

#include "ui/style/color_roles.h"

#include <QGuiApplication>

namespace gantry::ui {

void JsonHighlighter::highlightBlock(const QString& text)
{
    const QPalette palette = QGuiApplication::palette();
    const QColor name = roleColor(palette, ColorRole::Accent);
    const QColor string = roleColor(palette, ColorRole::Ok);
    const QColor number = roleColor(palette, ColorRole::Backlog);
    const QColor word = roleColor(palette, ColorRole::Delayed);
    // Formatted JSON has no string that spans lines, so a line can be read on its own.
    qsizetype i = 0;
    while (i < text.size()) {
        const QChar c = text[i];
        if (c == QLatin1Char('"')) {
            qsizetype end = i + 1;
            while (end < text.size() && text[end] != QLatin1Char('"')) {
                end += text[end] == QLatin1Char('\\') ? 2 : 1;
            }
            end = std::min(end + 1, text.size());
            const bool isName = end < text.size() && text[end] == QLatin1Char(':');
            setFormat(static_cast<int>(i), static_cast<int>(end - i), isName ? name : string);
            i = end;
        } else if (c.isDigit() || c == QLatin1Char('-') || c.isLetter()) {
            qsizetype end = i + 1;
            while (end < text.size() &&
                   (text[end].isLetterOrNumber() || QStringLiteral("+-.").contains(text[end]))) {
                ++end;
            }
            setFormat(static_cast<int>(i), static_cast<int>(end - i), c.isLetter() ? word : number);
            i = end;
        } else {
            ++i;
        }
    }
}

} // namespace gantry::ui
