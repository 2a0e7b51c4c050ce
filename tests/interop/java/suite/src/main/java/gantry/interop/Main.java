// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs the cases: {@code [--later] [--list] [--jobs N] [--case NAME]...}. */
public final class Main {
    /** The code of one case; it fails by throwing. */
    interface Body {
        void run(Ctx t) throws Exception;
    }

    /** {@code later} cases run only with --later or by name. */
    record Case(String name, boolean later, int seconds, Body body) { }

    private static final List<Case> CASES = new ArrayList<>();

    static void add(String name, int seconds, Body body) {
        CASES.add(new Case(name, false, seconds, body));
    }

    static void later(String name, int seconds, Body body) {
        CASES.add(new Case(name, true, seconds, body));
    }

    private static int passed;
    private static int failed;

    public static void main(String[] args) throws Exception {
        String suite = System.getProperty("gantry.suite", "java");
        boolean later = false;
        boolean list = false;
        int jobs = 3;
        List<String> wanted = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--later" -> later = true;
                case "--list" -> list = true;
                case "--jobs" -> jobs = Integer.parseInt(args[++i]);
                case "--case" -> wanted.add(args[++i]);
                default -> throw new IllegalArgumentException("unknown argument " + args[i]);
            }
        }
        // The long ones first: they mostly wait, and the short ones fill the time.
        FlowCases.register();
        ConsumeCases.register();
        SendCases.register();
        PullCases.register();
        QueryCases.register();
        AdminCases.register();
        RawCases.register();
        LaterCases.register();

        if (list) {
            CASES.forEach(c -> System.out.println(c.name + (c.later ? "  (later)" : "")));
            return;
        }
        for (String w : wanted) {
            if (CASES.stream().noneMatch(c -> c.name.equals(w))) {
                throw new IllegalArgumentException("no case named " + w);
            }
        }
        List<Case> chosen = new ArrayList<>();
        int skipped = 0;
        for (Case c : CASES) {
            if (wanted.isEmpty() ? !c.later || later : wanted.contains(c.name)) {
                chosen.add(c);
            } else if (wanted.isEmpty()) {
                skipped++;
            }
        }

        long begin = System.nanoTime();
        try {
            Env.open();
        } catch (Throwable e) {
            System.out.println("FAIL  start: no broker answers through the NameServer " + Env.NAMESRV + ": " + shortText(e));
            System.out.printf("%s: 0 passed, %d failed, %d skipped%n", suite, chosen.size(), skipped);
            System.out.flush();
            Runtime.getRuntime().halt(1);
        }
        ExecutorService pool = Executors.newFixedThreadPool(jobs, Main::daemon);
        List<Future<?>> all = new ArrayList<>();
        for (Case c : chosen) {
            all.add(pool.submit(() -> runOne(c)));
        }
        for (Future<?> f : all) {
            f.get();
        }
        Env.close();
        System.out.printf("%s: %.1f s in all, client %s%n", suite, (System.nanoTime() - begin) / 1e9, Env.clientVersion());
        System.out.printf("%s: %d passed, %d failed, %d skipped%n", suite, passed, failed, skipped);
        System.out.flush();
        // Client threads of a failed case may hang; do not wait for them.
        Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
    }

    private static Thread daemon(Runnable r) {
        Thread t = new Thread(r);
        t.setDaemon(true);
        return t;
    }

    private static void runOne(Case c) {
        Ctx ctx = new Ctx(c.name);
        ExecutorService one = Executors.newSingleThreadExecutor(Main::daemon);
        long begin = System.nanoTime();
        Throwable error = null;
        Future<?> f = one.submit(() -> {
            c.body.run(ctx);
            return null;
        });
        try {
            f.get(c.seconds, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            StackTraceElement[] where = ctx.thread == null ? new StackTraceElement[0] : ctx.thread.getStackTrace();
            error = new AssertionError("still running after " + c.seconds + " s");
            error.setStackTrace(where);
            f.cancel(true);
        } catch (ExecutionException e) {
            error = e.getCause();
        } catch (InterruptedException e) {
            error = e;
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        Future<?> cleaning = one.submit(ctx::close);
        try {
            cleaning.get(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            ctx.note("clients did not shut down: " + e);
        }
        one.shutdownNow();
        synchronized (Main.class) {
            String notes = ctx.notes.isEmpty() ? "" : "  (" + String.join("; ", ctx.notes) + ")";
            System.out.printf("%s  %-32s %6.2f s%s%n", error == null ? "ok  " : "FAIL", c.name, seconds, notes);
            if (error == null) {
                passed++;
            } else {
                failed++;
                System.out.println(indent(trace(error)));
            }
            System.out.flush();
        }
    }

    private static String shortText(Throwable e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    private static String trace(Throwable e) {
        if (e instanceof AssertionError && e.getCause() == null) {
            StringBuilder b = new StringBuilder(e.getMessage());
            for (StackTraceElement s : e.getStackTrace()) {
                if (s.getClassName().startsWith("gantry.interop") && !s.getClassName().endsWith("Ctx")) {
                    b.append("\nat ").append(s.getFileName()).append(':').append(s.getLineNumber());
                    break;
                }
            }
            return b.toString();
        }
        StringWriter w = new StringWriter();
        e.printStackTrace(new PrintWriter(w));
        String[] lines = w.toString().split("\n");
        return String.join("\n", List.of(lines).subList(0, Math.min(lines.length, 25)));
    }

    private static String indent(String s) {
        return "      " + s.replace("\n", "\n      ");
    }

    private Main() { }
}
