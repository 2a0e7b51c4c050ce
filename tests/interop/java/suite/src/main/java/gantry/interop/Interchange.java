// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What tests/interop/interchange does through an official client to a broker that has just opened a store directory.
 *
 * <pre>
 *   Interchange write  DIR ROUND   sends a round of everything, then notes in DIR all that the broker serves
 *   Interchange storm  DIR ROUND   sends until the broker is gone, noting each acknowledgement
 *   Interchange verify DIR         all that was noted is there: by queue, by key, by id; so are the tables
 * </pre>
 *
 * Not part of the suite of cases.
 */
public final class Interchange {
    public static void main(String[] args) throws Exception {
        int code = 0;
        Env.open();
        Ctx t = new Ctx("ix");
        Path dir = Path.of(args[1]);
        Files.createDirectories(dir);
        try {
            switch (args[0]) {
                case "write" -> InterchangeWriter.round(t, dir, Integer.parseInt(args[2]));
                case "storm" -> InterchangeWriter.storm(t, dir, Integer.parseInt(args[2]));
                case "verify" -> InterchangeReader.verify(t, dir);
                default -> throw new IllegalArgumentException("write, storm or verify");
            }
            // After a storm the broker is gone, and a clean end would wait for it.
            if (!args[0].equals("storm")) {
                t.close();
                Env.close();
            }
        } catch (AssertionError e) {
            System.out.println("FAIL  " + e.getMessage());
            code = 1;
        } catch (Throwable e) {
            e.printStackTrace(System.out);
            code = 1;
        }
        System.out.flush();
        Runtime.getRuntime().halt(code);
    }

    private Interchange() { }
}
