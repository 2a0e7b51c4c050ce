// SPDX-License-Identifier: GPL-3.0-or-later
package gantry.interop;

import org.apache.rocketmq.common.MQVersion;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** What all cases of one run share: addresses, a run mark for unique names, one admin client. */
final class Env {
    static final String NAMESRV = System.getProperty("GANTRY_NAMESRV",
            System.getenv().getOrDefault("GANTRY_NAMESRV", "127.0.0.1:9876"));
    /** Makes names unique per run, so that a suite can be repeated on a living broker. */
    static final String RUN = Long.toString(System.currentTimeMillis() % 2_000_000_000L, 36);

    static DefaultMQAdminExt admin;
    static String broker;
    static String brokerName;
    static String cluster;

    static void open() throws Exception {
        admin = new DefaultMQAdminExt(10_000);
        admin.setNamesrvAddr(NAMESRV);
        admin.setInstanceName("interop-admin-" + RUN);
        admin.start();
        Exception last = null;
        for (int i = 0; i < 60 && broker == null; i++) {
            try {
                var info = admin.examineBrokerClusterInfo();
                for (var b : info.getBrokerAddrTable().values()) {
                    broker = b.getBrokerAddrs().get(0L);
                    brokerName = b.getBrokerName();
                    cluster = b.getCluster();
                }
            } catch (Exception e) {
                last = e;
            }
            if (broker == null) {
                Thread.sleep(500);
            }
        }
        if (broker == null) {
            throw last != null ? last : new IllegalStateException("no broker with id 0 is registered");
        }
    }

    static void close() {
        admin.shutdown();
    }

    static String clientVersion() {
        return MQVersion.getVersionDesc(MQVersion.CURRENT_VERSION);
    }

    /** Creates a topic at the broker and waits until the NameServer knows it. */
    static void createTopic(String topic, int queues) throws Exception {
        TopicConfig c = new TopicConfig(topic);
        c.setReadQueueNums(queues);
        c.setWriteQueueNums(queues);
        c.setPerm(6);
        admin.createAndUpdateTopicConfig(broker, c);
        waitRoute(topic);
    }

    static void waitRoute(String topic) throws Exception {
        Exception last = null;
        for (int i = 0; i < 50; i++) {
            try {
                admin.examineTopicRouteInfo(topic);
                return;
            } catch (Exception e) {
                last = e;
                Thread.sleep(100);
            }
        }
        throw new AssertionError("the NameServer has no route for " + topic + " after 5 s: " + last);
    }

    private Env() { }
}
