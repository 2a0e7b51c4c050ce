// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/about_dialog.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/widgets/card.h"

#include <QApplication>
#include <QDialogButtonBox>
#include <QLabel>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace gantry::ui {

namespace {

QString licences()
{
    struct Part
    {
        const char* name;
        const char* use;
        const char* licence;
    };
    static constexpr Part parts[]{
        {"Qt 6 Widgets, Svg", "the window", "LGPL-3.0"},
        {"Qt Charts", "charts", "GPL-3.0"},
        {"Asio", "sockets", "Boost Software License 1.0"},
        {"SQLite", "dedup log", "public domain"},
        {"OpenSSL", "hashing", "Apache-2.0"},
        {"fmt, spdlog, nlohmann/json", "text, logging, JSON", "MIT"},
        {"simdjson", "JSON headers", "Apache-2.0"},
        {"tl-expected", "results", "CC0-1.0"},
        {"zlib", "compression", "zlib"},
        {"LZ4, Zstandard, xxHash, ISA-L", "compression, hashing, CRC", "BSD"},
    };
    QString rows;
    for (const Part& part : parts) {
        rows += QStringLiteral("<tr><td style='padding-right:18px'>%1</td><td "
                               "style='padding-right:18px'>%2</td><td>%3</td></tr>")
                    .arg(QLatin1String(part.name), QLatin1String(part.use),
                         QLatin1String(part.licence));
    }
    return QStringLiteral("<table cellspacing='3'>%1</table>").arg(rows);
}

} // namespace

AboutDialog::AboutDialog(QWidget* parent)
    : QDialog(parent)
{
    setWindowTitle(tr("About Gantry"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(metrics::kMargin, metrics::kMargin, metrics::kMargin,
                               metrics::kMargin);
    auto* head = new QHBoxLayout;
    auto* logo = new QLabel(this);
    logo->setPixmap(applicationIcon().pixmap(64, 64));
    head->addWidget(logo);
    head->addSpacing(metrics::kGroups);
    auto* names = new QVBoxLayout;
    names->addWidget(titleLabel(tr("Gantry %1").arg(QApplication::applicationVersion()), this));
    names->addWidget(
        new QLabel(tr("A native workbench for RocketMQ with a cluster inside."), this));
    head->addLayout(names, 1);
    layout->addLayout(head);
    auto* licence = new QLabel(
        tr("This program is free software under the GNU General Public License, version 3 or "
           "later. Its engine libraries, "
           "which do not use Qt, are under the Apache License 2.0. It comes without any warranty. "
           "Apache RocketMQ is a trademark of the Apache Software Foundation, which has no part in "
           "this program."),
        this);
    licence->setWordWrap(true);
    layout->addWidget(licence);
    layout->addWidget(captionLabel(tr("Built on"), this));
    auto* text = new QTextBrowser(this);
    text->setHtml(licences());
    text->setMinimumSize(480, 230);
    layout->addWidget(text, 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
}

} // namespace gantry::ui
