// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/style/icons.h"

#include "ui/style/color_roles.h"

#include <QFile>
#include <QGuiApplication>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

/// The icons lie in a static library, from which the linker would leave them out unasked. Outside
/// of any namespace because the macro declares a global function.
static void loadIcons()
{
    static const bool isLoaded = [] {
        Q_INIT_RESOURCE(gantry);
        return true;
    }();
    Q_UNUSED(isLoaded)
}

namespace gantry::ui {

namespace {

/// The drawing with every stroke and fill in `color`: the files say currentColor.
QPixmap rendered(const QString& name, const QColor& color, const QSize& pixels)
{
    const QString key = QStringLiteral("gantry/%1/%2/%3x%4")
                            .arg(name)
                            .arg(color.rgba(), 0, 16)
                            .arg(pixels.width())
                            .arg(pixels.height());
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap)) {
        return pixmap;
    }
    loadIcons();
    pixmap = QPixmap(pixels);
    pixmap.fill(Qt::transparent);
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (file.open(QIODevice::ReadOnly)) {
        QByteArray svg = file.readAll();
        svg.replace("currentColor", color.name(QColor::HexRgb).toLatin1());
        QSvgRenderer renderer(svg);
        QPainter painter(&pixmap);
        painter.setOpacity(color.alphaF());
        renderer.render(&painter);
    } else {
        qWarning("There is no icon named %s", qPrintable(name));
    }
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

class SymbolicEngine final : public QIconEngine
{
public:
    SymbolicEngine(QString name, std::optional<ColorRole> role)
        : m_name(std::move(name))
        , m_role(role)
    {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        const qreal ratio = painter->device()->devicePixelRatioF();
        QPixmap image = rendered(m_name, colorFor(mode), (QSizeF(rect.size()) * ratio).toSize());
        image.setDevicePixelRatio(ratio);
        painter->drawPixmap(rect, image);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override
    {
        return rendered(m_name, colorFor(mode), size);
    }
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State, qreal scale) override
    {
        QPixmap image = rendered(m_name, colorFor(mode), size);
        image.setDevicePixelRatio(scale);
        return image;
    }
    QIconEngine* clone() const override { return new SymbolicEngine(m_name, m_role); }
    QString key() const override { return QStringLiteral("gantry-symbolic"); }

private:
    [[nodiscard]] QColor colorFor(QIcon::Mode mode) const
    {
        const QPalette palette = QGuiApplication::palette();
        if (mode == QIcon::Disabled) {
            return palette.color(QPalette::Disabled, QPalette::WindowText);
        }
        if (m_role) {
            return roleColor(palette, *m_role);
        }
        return palette.color(QPalette::Active, mode == QIcon::Selected ? QPalette::HighlightedText
                                                                       : QPalette::WindowText);
    }

    QString m_name;
    std::optional<ColorRole> m_role;
};

} // namespace

QIcon icon(const QString& name, std::optional<ColorRole> role)
{
    return QIcon(new SymbolicEngine(name, role));
}

void paintIcon(QPainter& painter, const QRectF& where, const QString& name, const QColor& color)
{
    const qreal ratio = painter.device()->devicePixelRatioF();
    QPixmap image = rendered(name, color, (where.size() * ratio).toSize());
    image.setDevicePixelRatio(ratio);
    painter.drawPixmap(where.topLeft(), image);
}

QIcon applicationIcon()
{
    loadIcons();
    QIcon out;
    QSvgRenderer renderer(QStringLiteral(":/gantry.svg"));
    for (const int size : {16, 32, 48, 64, 128}) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        renderer.render(&painter);
        out.addPixmap(pixmap);
    }
    return out;
}

} // namespace gantry::ui
