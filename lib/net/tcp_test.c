/* TCP by the rules, line by line (the language is in tests/doubles/net_script.h). Each test is one
 * rule of a document; the simulator (sim_test.c) shows that the rules together carry bytes. */
#include "lib/net/net.h"
#include "tests/doubles/net_script.h"
#include "tests/unit.h"

#define ACCEPTED                  \
    "listen\n"                    \
    "< S seq 0 mss 1000\n"        \
    "> SA seq 0 ack 1 mss 1460\n" \
    "< A seq 1 ack 1\n"           \
    "! ACCEPT\n"

#define ACCEPTED_SACK             \
    "listen\n"                    \
    "< S seq 0 mss 1000 sackok\n" \
    "> SA seq 0 ack 1\n"          \
    "< A seq 1 ack 1\n"           \
    "! ACCEPT\n"

static struct net_script script;

static void play(const char *lines)
{
    net_script_begin(&script, NULL);
    net_script_run(&script, lines);
    net_script_end(&script);
}

/* ---- Opening --------------------------------------------------------------------------------- */

TEST(a_peer_connects_sends_and_both_close)
{
    play(ACCEPTED "< A seq 1 ack 1 len 100\n"
                  "! DELIVER len 100\n"
                  "> nothing\n"
                  "+ 40\n"
                  "> A seq 1 ack 101\n"
                  "send 300\n"
                  "> A seq 1 ack 101 len 300\n"
                  "< A seq 101 ack 301\n"
                  "! ACKED len 300\n"
                  "< FA seq 101 ack 301\n"
                  "! PEER_FIN\n"
                  "> A seq 301 ack 102\n"
                  "close\n"
                  "> FA seq 301 ack 102\n"
                  "< A seq 102 ack 302\n"
                  "! CLOSED\n"
                  "! nothing\n"
                  "> nothing\n");
}

TEST(we_connect_and_the_first_segment_carries_our_options)
{
    play("connect\n"
         "> S seq 0 mss 1460 ts\n"
         "< SA seq 0 ack 1 mss 1460 ts 77/0\n"
         "! CONNECTED\n"
         "> A seq 1 ack 1 ts\n"
         "abort\n"
         "> RA seq 1\n"
         "! RESET why CANCELLED\n");
}

/* A lost SYN is sent again after 1, 2, 4 ... seconds and given up in the end (RFC 6298, section 5). */
TEST(an_unanswered_syn_backs_off_and_times_out)
{
    play("connect\n"
         "> S seq 0\n"
         "+ 999\n"
         "> nothing\n"
         "+ 1\n"
         "> S seq 0\n"
         "+ 1999\n"
         "> nothing\n"
         "+ 1\n"
         "> S seq 0\n"
         "+ 4000\n"
         "> S seq 0\n"
         "+ 120000\n"
         "> S seq 0\n"
         "> S seq 0\n"
         "> S seq 0\n"
         "> nothing\n"
         "! RESET why TIMED_OUT\n");
}

TEST(a_refused_connection_says_so)
{
    play("connect\n"
         "> S seq 0\n"
         "< RA seq 0 ack 1\n"
         "! RESET why REFUSED\n");
}

/* A RST that does not acknowledge our SYN was not made by the one we asked (RFC 9293, 3.10.7.3). */
TEST(a_reset_that_acknowledges_nothing_does_not_refuse)
{
    play("connect\n"
         "> S seq 0\n"
         "< R seq 0\n"
         "< RA seq 0 ack 900\n"
         "! nothing\n"
         "< SA seq 0 ack 1 mss 1000\n"
         "! CONNECTED\n"
         "> A seq 1 ack 1\n"
         "abort\n"
         "! RESET\n");
}

/* An answer to an older SYN of ours is told that there is no such connection. */
TEST(a_wrong_acknowledgement_of_a_syn_is_reset)
{
    play("connect\n"
         "> S seq 0\n"
         "< SA seq 0 ack 77\n"
         "> R seq 77\n"
         "! nothing\n"
         "close\n"
         "! RESET why CANCELLED\n");
}

TEST(both_sides_may_open_at_once)
{
    play("connect\n"
         "> S seq 0\n"
         "< S seq 0 mss 1000\n"
         "> SA seq 0 ack 1\n"
         "< SA seq 0 ack 1\n"
         "! CONNECTED\n"
         "> A seq 1 ack 1\n"
         "send 10\n"
         "> A seq 1 len 10\n"
         "< A seq 1 ack 11\n"
         "! ACKED len 10\n"
         "abort\n"
         "! RESET\n");
}

TEST(a_lost_syn_ack_is_sent_again)
{
    play("listen\n"
         "< S seq 0\n"
         "> SA seq 0 ack 1\n"
         "+ 1000\n"
         "> SA seq 0 ack 1\n"
         "< S seq 0\n"
         "> SA seq 0 ack 1\n"
         "< A seq 1 ack 1\n"
         "! ACCEPT\n"
         "abort\n"
         "! RESET\n");
}

TEST(a_half_open_connection_is_given_up_without_a_word)
{
    play("listen\n"
         "< S seq 0\n"
         "> SA seq 0 ack 1\n"
         "+ 200000\n"
         "> SA seq 0\n"
         "> SA seq 0\n"
         "> SA seq 0\n"
         "> SA seq 0\n"
         "> SA seq 0\n"
         "> SA seq 0\n"
         "> nothing\n"
         "! nothing\n"
         "< A seq 1 ack 1\n"
         "> R seq 1\n");
}

/* Nobody can take it: the peer's last ACK counts as lost, and the connection completes later. */
TEST(a_full_listener_drops_syns_and_last_acks)
{
    play("listen\n"
         "< S seq 0\n"
         "> SA seq 0 ack 1\n"
         "full\n"
         "< S seq 0 port 2001\n"
         "> nothing\n"
         "< A seq 1 ack 1\n"
         "! nothing\n"
         "room\n"
         "+ 1000\n"
         "> SA seq 0 ack 1\n"
         "< A seq 1 ack 1\n"
         "! ACCEPT\n"
         "abort\n"
         "! RESET\n");
}

/* The backlog is 4: a fifth SYN finds no room while the others are young, and takes the place of the
 * oldest when that has had its time. */
TEST(a_flood_of_syns_is_bounded)
{
    play("listen\n"
         "< S seq 0 port 2001\n"
         "> SA\n"
         "< S seq 0 port 2002\n"
         "> SA\n"
         "< S seq 0 port 2003\n"
         "> SA\n"
         "< S seq 0 port 2004\n"
         "> SA\n"
         "< S seq 0 port 2005\n"
         "> nothing\n"
         "+ 600\n"
         "forget\n"
         "< S seq 0 port 2000\n"
         "> SA seq 0\n"
         "< A seq 1 ack 1\n"
         "! ACCEPT\n"
         "abort\n"
         "! RESET\n"
         "+ 200000\n"
         "! nothing\n");
}

TEST(a_port_where_nobody_listens_is_reset)
{
    net_script_begin(&script, NULL);
    script.own_port = 81;
    script.peer_port = 2000;
    net_script_run(&script, "< S seq 10\n"
                            "> RA ack 11\n"
                            "< A seq 10 ack 55\n"
                            "> R seq 55\n"
                            "< R seq 10\n"
                            "> nothing\n");
    net_script_end(&script);
}

/* ---- Data ------------------------------------------------------------------------------------ */

TEST(every_second_full_segment_is_acknowledged_at_once)
{
    play(ACCEPTED "< A seq 1 ack 1 len 1000\n"
                  "> nothing\n"
                  "< A seq 1001 ack 1 len 1000\n"
                  "> A seq 1 ack 2001\n"
                  "! DELIVER len 1000\n"
                  "! DELIVER len 1000\n"
                  "abort\n"
                  "! RESET\n");
}

TEST(segments_ahead_of_their_turn_wait_and_are_reported)
{
    play(ACCEPTED_SACK "< A seq 1001 ack 1 len 500\n"
                       "> A ack 1 sack 1001-1501\n"
                       "! nothing\n"
                       "< A seq 2001 ack 1 len 500\n"
                       "> A ack 1 sack 2001-2501\n"
                       "< A seq 1501 ack 1 len 500\n"
                       "> A ack 1 sack 1001-2501\n"
                       "< A seq 1 ack 1 len 1000\n"
                       "! DELIVER len 1000\n"
                       "! DELIVER len 500\n"
                       "! DELIVER len 500\n"
                       "! DELIVER len 500\n"
                       "> A ack 2501 nosack\n"
                       "abort\n"
                       "! RESET\n");
}

TEST(overlapping_segments_deliver_each_byte_once)
{
    play(ACCEPTED "< A seq 1 ack 1 len 100\n"
                  "! DELIVER len 100\n"
                  "< A seq 51 ack 1 len 100\n"
                  "! DELIVER len 50\n"
                  "< A seq 1 ack 1 len 150\n"
                  "> A ack 151\n"
                  "! nothing\n"
                  "< A seq 201 ack 1 len 100\n"
                  "< A seq 181 ack 1 len 200\n"
                  "< A seq 151 ack 1 len 40\n"
                  "! DELIVER len 40\n"
                  "! DELIVER len 190\n"
                  "! nothing\n"
                  "abort\n"
                  "! RESET\n");
}

TEST(bytes_beyond_the_window_are_cut_off)
{
    play(ACCEPTED "window 0\n"
                  "< A seq 1 ack 1 len 1400\n"
                  "! DELIVER len 1400\n" /* 20000 were announced, and a promise is kept. */
                  "< A seq 20801 ack 1 len 400\n"
                  "> A ack 1401\n"
                  "! nothing\n"
                  "< A seq 19801 ack 1 len 400\n"
                  "> A ack 1401\n"
                  "abort\n"
                  "! RESET\n");
}

/* A FIN ahead of missing bytes waits for them. */
TEST(a_fin_ahead_of_its_turn_waits)
{
    play(ACCEPTED "< FA seq 101 ack 1 len 50\n"
                  "> A ack 1\n"
                  "! nothing\n"
                  "< A seq 1 ack 1 len 100\n"
                  "! DELIVER len 100\n"
                  "! DELIVER len 50\n"
                  "! PEER_FIN\n"
                  "> A ack 152\n"
                  "abort\n"
                  "! RESET\n");
}

/* Nothing follows a FIN: a peer that sent more, before or after it, loses that. */
TEST(bytes_behind_a_fin_are_dropped)
{
    play(ACCEPTED "< A seq 121 ack 1 len 100\n"
                  "> A ack 1\n"
                  "< A seq 301 ack 1 len 10\n"
                  "> A ack 1\n"
                  "< FA seq 101 ack 1 len 50\n"
                  "> A ack 1\n"
                  "! nothing\n"
                  "< A seq 141 ack 1 len 100\n"
                  "> A ack 1\n"
                  "< A seq 1 ack 1 len 100\n"
                  "! DELIVER len 100\n"
                  "! DELIVER len 50\n"
                  "! PEER_FIN\n"
                  "> A ack 152\n"
                  "abort\n"
                  "! RESET\n");
}

TEST(a_segment_is_cut_to_what_the_peer_takes)
{
    play(ACCEPTED "nodelay\n"
                  "send 2500\n"
                  "> A seq 1 len 1000\n"
                  "> A seq 1001 len 1000\n"
                  "> A seq 2001 len 500\n"
                  "> nothing\n"
                  "< A seq 1 ack 2501\n"
                  "! ACKED len 2500\n"
                  "abort\n"
                  "! RESET\n");
}

/* Nagle: a small segment waits while another is in flight, and goes when that is acknowledged. */
TEST(small_segments_wait_for_the_one_in_flight)
{
    play(ACCEPTED "send 10\n"
                  "> A seq 1 len 10\n"
                  "send 10\n"
                  "send 10\n"
                  "> nothing\n"
                  "< A seq 1 ack 11\n"
                  "> A seq 11 len 20\n"
                  "! ACKED len 10\n"
                  "nodelay\n"
                  "send 5\n"
                  "> A seq 31 len 5\n"
                  "abort\n"
                  "! RESET\n");
}

/* ---- Windows --------------------------------------------------------------------------------- */

TEST(a_closed_window_is_probed_and_its_opening_noticed)
{
    play(ACCEPTED "< A seq 1 ack 1 win 500\n"
                  "send 1000\n"
                  "> nothing\n" /* Half a window is not worth a segment yet. */
                  "+ 200\n"
                  "> A seq 1 len 500\n"
                  "< A seq 1 ack 501 win 0\n"
                  "! ACKED len 500\n"
                  "+ 200\n"
                  "> A seq 500 len 0\n"
                  "< A seq 1 ack 501 win 0\n"
                  "+ 399\n"
                  "> nothing\n"
                  "+ 1\n"
                  "> A seq 500 len 0\n"
                  "< A seq 1 ack 501 win 4000\n"
                  "> A seq 501 len 500\n"
                  "< A seq 1 ack 1001\n"
                  "! ACKED len 500\n"
                  "abort\n"
                  "! RESET\n");
}

/* A window that stays closed is no reason to end a connection as long as the peer answers. */
TEST(a_window_may_stay_closed_as_long_as_the_peer_answers)
{
    net_script_begin(&script, NULL);
    net_script_run(&script, ACCEPTED "< A seq 1 ack 1 win 0\n"
                                     "send 100\n"
                                     "> nothing\n");
    for (int i = 0; i < 40; i++)
        net_script_run(&script, "+ 60000\n< A seq 1 ack 1 win 0\n! nothing\n");
    script.sent_at = script.host.sent_count;
    net_script_run(&script, "< A seq 1 ack 1 win 1000\n> A seq 1 len 100\n"
                            "< A seq 1 ack 101\n! ACKED\nabort\n! RESET\n");
    net_script_end(&script);
}

TEST(a_silent_peer_with_a_closed_window_is_given_up)
{
    net_script_begin(&script, NULL);
    net_script_run(&script, ACCEPTED "< A seq 1 ack 1 win 0\n"
                                     "send 100\n"
                                     "+ 3600000\n"
                                     "! RESET why TIMED_OUT\n");
    net_script_end(&script);
}

/* Announced when it is worth it, not for every byte read (RFC 9293, 3.8.6.2.2). */
TEST(our_window_opens_by_steps_worth_a_segment)
{
    play(ACCEPTED "window 0\n"
                  "< A seq 1 ack 1 len 1400\n"
                  "< A seq 1401 ack 1 len 1400\n"
                  "! DELIVER\n"
                  "! DELIVER\n"
                  "> A ack 2801 win 17200\n"
                  "window 17300\n"
                  "> nothing\n"
                  "window 20000\n"
                  "> nothing\n" /* Not a quarter yet. */
                  "< A seq 2801 ack 1 len 1400\n"
                  "! DELIVER\n"
                  "+ 40\n"
                  "> A ack 4201 win 18600\n"
                  "abort\n"
                  "! RESET\n");
}

/* ---- Loss ------------------------------------------------------------------------------------ */

TEST(three_duplicate_acknowledgements_bring_one_segment_back)
{
    play(ACCEPTED "nodelay\n"
                  "send 5000\n"
                  "> A seq 1 len 1000\n"
                  "> A seq 1001 len 1000\n"
                  "> A seq 2001 len 1000\n"
                  "> A seq 3001 len 1000\n"
                  "> A seq 4001 len 1000\n"
                  "< A seq 1 ack 1\n"
                  "< A seq 1 ack 1\n"
                  "> nothing\n"
                  "< A seq 1 ack 1\n"
                  "> A seq 1 len 1000\n"
                  "> nothing\n"
                  "< A seq 1 ack 5001\n"
                  "! ACKED len 5000\n"
                  "abort\n"
                  "! RESET\n");
}

/* NewReno: a partial acknowledgement shows the next loss (RFC 6582). */
TEST(a_partial_acknowledgement_brings_the_next_one)
{
    play(ACCEPTED "nodelay\n"
                  "send 5000\n"
                  "> A seq 1 len 1000\n"
                  "> A seq 1001 len 1000\n"
                  "> A seq 2001 len 1000\n"
                  "> A seq 3001 len 1000\n"
                  "> A seq 4001 len 1000\n"
                  "< A seq 1 ack 1\n"
                  "< A seq 1 ack 1\n"
                  "< A seq 1 ack 1\n"
                  "> A seq 1 len 1000\n"
                  "< A seq 1 ack 2001\n"
                  "> A seq 2001 len 1000\n"
                  "> nothing\n"
                  "< A seq 1 ack 5001\n"
                  "! ACKED len 2000\n"
                  "! ACKED len 3000\n"
                  "abort\n"
                  "! RESET\n");
}

/* With SACK only the holes come back (RFC 6675). */
TEST(selective_acknowledgements_bring_back_only_holes)
{
    play(ACCEPTED_SACK "nodelay\n"
                       "send 6000\n"
                       "> A seq 1 len 1000\n"
                       "> A seq 1001 len 1000\n"
                       "> A seq 2001 len 1000\n"
                       "> A seq 3001 len 1000\n"
                       "> A seq 4001 len 1000\n"
                       "> A seq 5001 len 1000\n"
                       "< A seq 1 ack 1 sack 1001-2001\n"
                       "> nothing\n"
                       "< A seq 1 ack 1 sack 3001-6001\n"
                       "> A seq 1 len 1000\n"
                       "> A seq 2001 len 1000\n"
                       "> nothing\n"
                       "< A seq 1 ack 6001\n"
                       "! ACKED len 6000\n"
                       "abort\n"
                       "! RESET\n");
}

/* The timeout starts over from one segment and doubles (RFC 6298, 5.4 to 5.6). */
TEST(a_timeout_sends_one_segment_and_backs_off)
{
    play(ACCEPTED "nodelay\n"
                  "send 3000\n"
                  "> A seq 1 len 1000\n"
                  "> A seq 1001 len 1000\n"
                  "> A seq 2001 len 1000\n"
                  "+ 200\n"
                  "> A seq 1 len 1000\n"
                  "> nothing\n"
                  "+ 399\n"
                  "> nothing\n"
                  "+ 1\n"
                  "> A seq 1 len 1000\n"
                  "< A seq 1 ack 1001\n"
                  "> A seq 1001 len 1000\n"
                  "> A seq 2001 len 1000\n"
                  "< A seq 1 ack 3001\n"
                  "! ACKED len 1000\n"
                  "! ACKED len 2000\n"
                  "abort\n"
                  "! RESET\n");
}

TEST(a_peer_that_never_acknowledges_is_given_up)
{
    net_script_begin(&script, NULL);
    net_script_run(&script, ACCEPTED "send 10\n"
                                     "+ 1200000\n"
                                     "! RESET why TIMED_OUT\n");
    net_script_end(&script);
}

/* ---- Attacks and old segments ---------------------------------------------------------------- */

/* RFC 5961, section 3: exactly the next byte resets; elsewhere in the window it is questioned. */
TEST(a_reset_must_hit_the_next_byte)
{
    play(ACCEPTED "< R seq 500\n"
                  "> A seq 1 ack 1\n"
                  "< R seq 30000\n"
                  "> nothing\n"
                  "! nothing\n"
                  "< R seq 1\n"
                  "! RESET why RESET\n"
                  "> nothing\n");
}

/* RFC 5961, section 4. */
TEST(a_syn_in_a_connection_is_questioned)
{
    play(ACCEPTED "< S seq 1\n"
                  "> A seq 1 ack 1\n"
                  "! nothing\n"
                  "abort\n"
                  "! RESET\n");
}

/* RFC 5961, section 5: an acknowledgement of bytes never sent, or long gone, carries nothing. */
TEST(an_acknowledgement_out_of_range_is_questioned)
{
    play(ACCEPTED "< A seq 1 ack 5000 len 100\n"
                  "> A seq 1 ack 1\n"
                  "! nothing\n"
                  "abort\n"
                  "! RESET\n");
}

/* RFC 7323, section 5: a timestamp older than the last one marks a segment from another time. */
TEST(an_old_timestamp_is_dropped_and_answered)
{
    play("listen\n"
         "< S seq 0 mss 1000 ts 1000/0\n"
         "> SA seq 0 ack 1 ts\n"
         "< A seq 1 ack 1 ts 1001/0\n"
         "! ACCEPT\n"
         "< A seq 1 ack 1 len 100 ts 900/0\n"
         "> A ack 1\n"
         "! nothing\n"
         "< A seq 1 ack 1 len 100 ts 1002/0\n"
         "! DELIVER len 100\n"
         "< A seq 101 ack 1 len 100\n" /* None at all, where they were agreed upon. */
         "! nothing\n"
         "abort\n"
         "! RESET\n");
}

TEST(without_the_peers_timestamps_we_send_none)
{
    play("listen\n"
         "< S seq 0 mss 1000\n"
         "> SA seq 0 ack 1 nots\n"
         "< A seq 1 ack 1\n"
         "! ACCEPT\n"
         "abort\n"
         "! RESET\n");
}

/* ---- Closing --------------------------------------------------------------------------------- */

/* Half closed: the peer goes on sending, and we go on reading. */
TEST(after_shutdown_bytes_still_arrive)
{
    play(ACCEPTED "send 10\n"
                  "shutdown\n"
                  "> A seq 1 len 10\n"
                  "> FA seq 11 len 0\n"
                  "< A seq 1 ack 12\n"
                  "! ACKED len 10\n"
                  "< A seq 1 ack 12 len 70\n"
                  "! DELIVER len 70\n"
                  "+ 100000\n"
                  "> A ack 71\n"
                  "< FA seq 71 ack 12\n"
                  "! PEER_FIN\n"
                  "! CLOSED\n"
                  "> A seq 12 ack 72\n"
                  "> nothing\n");
}

TEST(both_sides_may_close_at_once)
{
    play(ACCEPTED "shutdown\n"
                  "> FA seq 1\n"
                  "< FA seq 1 ack 1\n"
                  "! PEER_FIN\n"
                  "> A seq 2 ack 2\n"
                  "< A seq 2 ack 2\n"
                  "! CLOSED\n"
                  "! nothing\n");
}

/* After close nobody reads: more bytes are answered with RST (RFC 9293, 3.6.1). */
TEST(bytes_after_close_reset_the_connection)
{
    play(ACCEPTED "close\n"
                  "> FA seq 1\n"
                  "< A seq 1 ack 2\n"
                  "< A seq 1 ack 2 len 10\n"
                  "> RA seq 2\n"
                  "! RESET why RESET\n");
}

/* A peer that never sends its FIN does not keep a closed connection for ever. */
TEST(fin_wait_2_ends_after_close)
{
    play(ACCEPTED "close\n"
                  "> FA seq 1\n"
                  "< A seq 1 ack 2\n"
                  "+ 59000\n"
                  "! nothing\n"
                  "+ 2000\n"
                  "! RESET why TIMED_OUT\n");
}

TEST(time_wait_answers_a_repeated_fin_and_ignores_resets)
{
    play(ACCEPTED "shutdown\n"
                  "> FA seq 1\n"
                  "< FA seq 1 ack 2\n"
                  "! PEER_FIN\n"
                  "! CLOSED\n"
                  "> A seq 2 ack 2\n"
                  "< R seq 2\n"
                  "< FA seq 1 ack 2\n"
                  "> A seq 2 ack 2\n"
                  "+ 1999\n"
                  "< FA seq 1 ack 2\n"
                  "> A seq 2 ack 2\n"
                  "+ 2001\n"
                  "< FA seq 1 ack 2\n"
                  "> R seq 2\n"
                  "! nothing\n");
}

/* A new connection between the same ends need not wait (RFC 6191; RFC 9293, 3.6.1). */
TEST(time_wait_gives_way_to_a_new_syn)
{
    play(ACCEPTED "shutdown\n"
                  "> FA seq 1\n"
                  "< FA seq 1 ack 2\n"
                  "! PEER_FIN\n"
                  "! CLOSED\n"
                  "> A seq 2 ack 2\n"
                  "< S seq 1\n" /* Not new: an old duplicate. */
                  "> A seq 2 ack 2\n"
                  "forget\n"
                  "< S seq 3000\n"
                  "> SA seq 0 ack 3001\n"
                  "< A seq 3001 ack 1\n"
                  "! ACCEPT\n"
                  "abort\n"
                  "! RESET\n");
}

TEST(an_idle_peer_is_probed_and_given_up)
{
    play(ACCEPTED "keepalive\n"
                  "+ 9999\n"
                  "> nothing\n"
                  "+ 1\n"
                  "> A seq 0 len 0\n"
                  "< A seq 1 ack 1\n"
                  "+ 10000\n"
                  "> A seq 0 len 0\n"
                  "+ 1000\n"
                  "> A seq 0 len 0\n"
                  "+ 1000\n"
                  "> A seq 0 len 0\n"
                  "! nothing\n"
                  "+ 1000\n"
                  "> RA seq 1\n"
                  "! RESET why TIMED_OUT\n");
}

TEST(a_keepalive_of_the_peer_is_answered)
{
    play(ACCEPTED "< A seq 0 ack 1\n"
                  "> A seq 1 ack 1\n"
                  "abort\n"
                  "! RESET\n");
}
