// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/form_dialog.h"

#include "ui/style/color_roles.h"
#include "ui/style/metrics.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

FormDialog::FormDialog(const QString& title, const QString& verb, bool isDestructive,
                       QWidget* parent)
    : QDialog(parent)
    , m_introduction(new QLabel(this))
    , m_form(new QFormLayout)
    , m_problem(new QLabel(this))
{
    setWindowTitle(title);
    setMinimumWidth(460);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(metrics::kMargin, metrics::kMargin, metrics::kMargin,
                               metrics::kGroups);
    layout->setSpacing(metrics::kGroups);
    m_introduction->setWordWrap(true);
    m_introduction->hide();
    layout->addWidget(m_introduction);
    m_form->setSpacing(metrics::kRelated);
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    layout->addLayout(m_form, 1);
    m_problem->setWordWrap(true);
    m_problem->setMinimumHeight(QFontMetrics(font()).height() * 2);
    m_problem->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_problem->setObjectName(QStringLiteral("problem"));
    QPalette red = m_problem->palette();
    red.setColor(QPalette::WindowText, roleColor(red, ColorRole::Error));
    m_problem->setPalette(red);
    layout->addWidget(m_problem);
    auto* buttons = new QDialogButtonBox(this);
    m_accept = buttons->addButton(verb, isDestructive ? QDialogButtonBox::DestructiveRole
                                                      : QDialogButtonBox::AcceptRole);
    m_accept->setObjectName(QStringLiteral("accept"));
    QPushButton* cancel = buttons->addButton(QDialogButtonBox::Cancel);
    (isDestructive ? cancel : m_accept)->setDefault(true);
    m_accept->setAutoDefault(!isDestructive);
    connect(m_accept, &QPushButton::clicked, this, &QDialog::accept);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    layout->addWidget(buttons);
}

void FormDialog::setIntroduction(const QString& text)
{
    m_introduction->setText(text);
    m_introduction->show();
}

void FormDialog::setProblem(const QString& problem, bool isShown)
{
    m_problem->setText(isShown && !problem.isEmpty() ? QStringLiteral("✕ ") + problem : QString());
    m_accept->setEnabled(problem.isEmpty());
}

QString FormDialog::problem() const
{
    return m_problem->text();
}

} // namespace gantry::ui
