/*
 * A narrow, slow, lossy link between two network namespaces, in userland: netem is not in every kernel, TUN devices are.
 *
 *   narrow-link carry <bytes per second> <one way delay, ms> <loss, per million> <queue, bytes> <seed>
 *       Makes two namespaces with a TUN device each (10.77.0.1 the workstation's, 10.77.0.2 the center's) and carries IP packets
 *       between them until standard input ends. Says "ready <fd> <fd> <congestion control>": the namespaces are /proc/<its pid>/fd/<fd>. Answers
 *       each line of standard input with the packets, bytes, losses and overflows of both directions.
 *   narrow-link enter <namespace path> <program> <arguments...>
 *       Runs the program inside.
 *
 * Each direction: a packet that finds the queue full is dropped; otherwise it waits its turn, takes bytes/rate on the line, is
 * lost then with the given chance (so a lost packet cost its time), and arrives after the delay. What goes to 10.77.0.2 reaches
 * 127.0.0.1 there, because a center listens on the loopback only: addresses are rewritten, connections stay those of the
 * two kernels. Linux, root.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MTU 1500
#define SLOTS 8192

struct packet {
    uint64_t sent_at;
    uint64_t arrives_at;
    int length;
    int is_lost;
    unsigned char bytes[MTU];
};

struct direction {
    int from, to;
    double bytes_per_second;
    uint64_t delay;
    uint32_t loss_per_million;
    long queue_bytes;
    uint64_t line_free_at;
    uint64_t dice;
    struct packet *slots;
    unsigned head, tail;
    long waiting_bytes;
    unsigned next_sent;
    uint64_t packets, bytes, lost, overflowed;
};

static void fail(const char *what) {
    fprintf(stderr, "narrow-link: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* xorshift64*: the same losses for the same seed and the same packets. */
static uint32_t roll(struct direction *d) {
    d->dice ^= d->dice >> 12;
    d->dice ^= d->dice << 25;
    d->dice ^= d->dice >> 27;
    return (uint32_t)((d->dice * 2685821657736338717ull) >> 33) % 1000000u;
}

static int write_setting(const char *path, const char *value) {
    int fd = open(path, O_WRONLY);
    if (fd < 0) fail(path);
    int is_written = write(fd, value, strlen(value)) >= 0;
    close(fd);
    return is_written;
}

/* That of most machines; where a namespace may not have it, its elder, which behaves alike on so thin a link. */
static const char *choose_congestion(void) {
    const char *path = "/proc/sys/net/ipv4/tcp_congestion_control";
    const char *asked = getenv("NARROW_LINK_CONGESTION");
    if (asked != NULL && write_setting(path, asked)) return asked;
    if (write_setting(path, "cubic")) return "cubic";
    if (!write_setting(path, "reno")) fail(path);
    return "reno";
}

static void raise_flags(int control, const char *name) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(control, SIOCGIFFLAGS, &request) < 0) fail("SIOCGIFFLAGS");
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    if (ioctl(control, SIOCSIFFLAGS, &request) < 0) fail("SIOCSIFFLAGS");
}

static void set_address(int control, const char *name, unsigned long what, const char *address) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
    in->sin_family = AF_INET;
    inet_pton(AF_INET, address, &in->sin_addr);
    if (ioctl(control, what, &request) < 0) fail("setting an address");
}

/* A fresh namespace with a TUN device in it; returns the device, and the namespace in *space. */
static int make_end(const char *address, int *space, const char **congestion) {
    if (unshare(CLONE_NEWNET) < 0) fail("unshare");
    *space = open("/proc/self/ns/net", O_RDONLY);
    int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (*space < 0 || tun < 0) fail("/dev/net/tun");
    struct ifreq request = {0};
    strncpy(request.ifr_name, "link", IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (ioctl(tun, TUNSETIFF, &request) < 0) fail("TUNSETIFF");
    int control = socket(AF_INET, SOCK_DGRAM, 0);
    set_address(control, "link", SIOCSIFADDR, address);
    set_address(control, "link", SIOCSIFNETMASK, "255.255.255.0");
    raise_flags(control, "lo");
    raise_flags(control, "link");
    close(control);
    if (!write_setting("/proc/sys/net/ipv4/conf/link/route_localnet", "1")) fail("route_localnet");
    *congestion = choose_congestion();
    return tun;
}

static void fold(unsigned char *sum_at, uint32_t before, uint32_t after) {
    uint32_t sum = (uint16_t)~((sum_at[0] << 8) | sum_at[1]);
    sum += (uint16_t)~(before >> 16) + (uint16_t)~before + (after >> 16) + (after & 0xffff);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    sum = ~sum & 0xffff;
    sum_at[0] = (unsigned char)(sum >> 8);
    sum_at[1] = (unsigned char)sum;
}

/* Replaces the address at `offset` (12: source, 16: destination), with the checksums of IP and TCP (RFC 1624). */
static void readdress(unsigned char *ip, int length, int offset, uint32_t from, uint32_t to) {
    uint32_t present;
    if (length < 20 || ip[0] >> 4 != 4) return;
    memcpy(&present, ip + offset, 4);
    if (ntohl(present) != from) return;
    uint32_t address = htonl(to);
    memcpy(ip + offset, &address, 4);
    fold(ip + 10, from, to);
    int header = (ip[0] & 15) * 4;
    if (ip[9] == 6 && length >= header + 20) fold(ip + header + 16, from, to);
}

#define CENTER 0x0a4d0002u
#define LOOPBACK 0x7f000001u

/* Takes the packets a kernel sent and puts them on the line. */
static void take(struct direction *d, uint64_t now) {
    unsigned char buffer[65536];
    for (;;) {
        ssize_t length = read(d->from, buffer, sizeof buffer);
        if (length <= 0) return;
        if (length > MTU || buffer[0] >> 4 != 4) continue;
        while (d->next_sent != d->tail && d->slots[d->next_sent % SLOTS].sent_at <= now) {
            d->waiting_bytes -= d->slots[d->next_sent % SLOTS].length;
            d->next_sent += 1;
        }
        if (d->waiting_bytes + length > d->queue_bytes || d->tail - d->head == SLOTS) {
            d->overflowed += 1;
            continue;
        }
        struct packet *p = &d->slots[d->tail % SLOTS];
        uint64_t begins = d->line_free_at > now ? d->line_free_at : now;
        d->line_free_at = begins + (uint64_t)((double)length * 1e9 / d->bytes_per_second);
        p->sent_at = d->line_free_at;
        p->arrives_at = d->line_free_at + d->delay;
        p->length = (int)length;
        p->is_lost = roll(d) < d->loss_per_million;
        memcpy(p->bytes, buffer, (size_t)length);
        readdress(p->bytes, p->length, 16, CENTER, LOOPBACK);
        readdress(p->bytes, p->length, 12, LOOPBACK, CENTER);
        d->waiting_bytes += length;
        d->tail += 1;
        d->packets += 1;
        d->bytes += (uint64_t)length;
        d->lost += (uint64_t)p->is_lost;
    }
}

static void deliver(struct direction *d, uint64_t now) {
    while (d->head != d->tail && d->slots[d->head % SLOTS].arrives_at <= now) {
        struct packet *p = &d->slots[d->head % SLOTS];
        if (!p->is_lost && write(d->to, p->bytes, (size_t)p->length) < 0 && errno != EAGAIN) fail("delivering");
        if (d->next_sent == d->head) {
            d->waiting_bytes -= p->length;
            d->next_sent += 1;
        }
        d->head += 1;
    }
}

static uint64_t next_arrival(const struct direction *d) {
    return d->head == d->tail ? UINT64_MAX : d->slots[d->head % SLOTS].arrives_at;
}

static void tell(const struct direction *d, const char *end) {
    printf("%llu %llu %llu %llu%s", (unsigned long long)d->packets, (unsigned long long)d->bytes,
           (unsigned long long)d->lost, (unsigned long long)d->overflowed, end);
}

static void carry(struct direction up, struct direction down) {
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    for (;;) {
        uint64_t first = next_arrival(&up), other = next_arrival(&down);
        if (other < first) first = other;
        struct itimerspec at = {0};
        if (first != UINT64_MAX) {
            at.it_value.tv_sec = (time_t)(first / 1000000000ull);
            at.it_value.tv_nsec = (long)(first % 1000000000ull);
        }
        timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
        struct pollfd watched[4] = {{up.from, POLLIN, 0}, {down.from, POLLIN, 0}, {timer, POLLIN, 0}, {0, POLLIN, 0}};
        if (poll(watched, 4, -1) < 0 && errno != EINTR) fail("poll");
        uint64_t now = now_ns();
        take(&up, now);
        take(&down, now);
        deliver(&up, now);
        deliver(&down, now);
        if (watched[3].revents != 0) {
            char line[64];
            if (read(0, line, sizeof line) <= 0) return;
            tell(&up, " ");
            tell(&down, "\n");
            fflush(stdout);
        }
    }
}

static struct direction direction(char **options, int from, int to, uint64_t salt) {
    struct direction d = {0};
    d.from = from;
    d.to = to;
    d.bytes_per_second = atof(options[0]);
    d.delay = (uint64_t)(atof(options[1]) * 1e6);
    d.loss_per_million = (uint32_t)atol(options[2]);
    d.queue_bytes = atol(options[3]);
    d.dice = (strtoull(options[4], NULL, 10) + salt) * 0x9e3779b97f4a7c15ull | 1;
    d.slots = malloc(sizeof(struct packet) * SLOTS);
    if (d.slots == NULL || d.bytes_per_second < 1) fail("options");
    return d;
}

int main(int count, char **words) {
    if (count >= 4 && strcmp(words[1], "enter") == 0) {
        int space = open(words[2], O_RDONLY | O_CLOEXEC);
        if (space < 0 || setns(space, CLONE_NEWNET) < 0) fail("entering the namespace");
        execvp(words[3], words + 3);
        fail(words[3]);
    }
    if (count != 7 || strcmp(words[1], "carry") != 0) {
        fprintf(stderr, "narrow-link: see the top of its source\n");
        return 2;
    }
    int near, far;
    const char *congestion;
    int workstation = make_end("10.77.0.1", &near, &congestion);
    int center = make_end("10.77.0.2", &far, &congestion);
    printf("ready %d %d %s\n", near, far, congestion);
    fflush(stdout);
    carry(direction(words + 2, workstation, center, 1), direction(words + 2, center, workstation, 2));
    return 0;
}
