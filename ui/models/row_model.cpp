// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/row_model.h"

#include <QTextDocument>

namespace gantry::ui {

QString plainToolTip(const QString& text)
{
    return Qt::mightBeRichText(text) ? QStringLiteral("<p style='white-space:pre-wrap'>%1</p>")
                                           .arg(text.toHtmlEscaped())
                                     : text;
}

QVariant TableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount()) {
        return {};
    }
    const ColumnInfo& info = columnInfo(section);
    switch (role) {
    case Qt::DisplayRole:
        return info.title;
    case Qt::ToolTipRole:
        return info.help.isEmpty() ? QVariant(info.title) : QVariant(info.help);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(
            Qt::Alignment(Qt::AlignVCenter | (info.align == Align::Right    ? Qt::AlignRight
                                              : info.align == Align::Center ? Qt::AlignHCenter
                                                                            : Qt::AlignLeft)));
    default:
        return {};
    }
}

} // namespace gantry::ui
