#include "tests/unit/test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "notify/address.h"

static struct error err;

union any_address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static union any_address address_of(const char *text)
{
    union any_address address = {0};
    if (inet_pton(AF_INET, text, &address.four.sin_addr) == 1) {
        address.any.sa_family = AF_INET;
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &address.six.sin6_addr), 1);
        address.any.sa_family = AF_INET6;
    }
    return address;
}

static void public_addresses_are_told_from_all_others(void **state)
{
    (void)state;
    static const char *const open[] = {
        "93.184.216.34",      "8.8.8.8",        "1.1.1.1",
        "9.255.255.255",      "11.0.0.0",       "100.63.255.255",
        "100.128.0.0",        "172.15.255.255", "172.32.0.0",
        "198.17.255.255",     "198.20.0.0",     "223.255.255.255",
        "2606:2800:220:1::1", "2a00:1450::1",   "2001:4860:4860::8888"};
    static const char *const closed[] = {"0.0.0.0",
                                         "0.1.2.3",
                                         "10.0.0.1",
                                         "100.64.0.1",
                                         "100.127.255.255",
                                         "127.0.0.1",
                                         "127.255.255.254",
                                         "169.254.169.254",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.0.0.1",
                                         "192.0.2.1",
                                         "192.168.1.1",
                                         "198.18.0.1",
                                         "198.19.255.255",
                                         "198.51.100.1",
                                         "203.0.113.1",
                                         "224.0.0.1",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "168.63.129.16",
                                         "192.88.99.1",
                                         "::",
                                         "::1",
                                         "::ffff:8.8.8.8",
                                         "::8.8.8.8",
                                         "64:ff9b::808:808",
                                         "64:ff9b:1::1",
                                         "100::1",
                                         "2001::1",
                                         "2001:2::1",
                                         "2001:10::1",
                                         "2001:db8::1",
                                         "2002:808:808::1",
                                         "3fff::1",
                                         "5f00::1",
                                         "fc00::1",
                                         "fd00::1",
                                         "fe80::1",
                                         "fec0::1",
                                         "ff02::1",
                                         "4000::1"};
    for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
        union any_address address = address_of(open[i]);
        assert_true(address_is_public(&address.any));
    }
    for (size_t i = 0; i < ARRAY_SIZE(closed); i++) {
        union any_address address = address_of(closed[i]);
        assert_false(address_is_public(&address.any));
    }
    const struct sockaddr other = {.sa_family = AF_UNIX};
    assert_false(address_is_public(&other));
}

static bool is_in(const char *text, const char *network_text)
{
    struct network network;
    assert_ok(network_parse(network_text, &network, &err));
    union any_address address = address_of(text);
    return network_contains(&network, &address.any);
}

static void a_network_contains_its_prefix_bit_by_bit(void **state)
{
    (void)state;
    assert_true(is_in("10.1.255.255", "10.1.0.0/16"));
    assert_false(is_in("10.2.0.0", "10.1.0.0/16"));
    assert_true(is_in("10.1.2.131", "10.1.2.128/25"));
    assert_false(is_in("10.1.2.127", "10.1.2.128/25"));
    assert_true(is_in("1.2.3.4", "0.0.0.0/0"));
    assert_true(is_in("1.2.3.4", "1.2.3.4"));
    assert_false(is_in("1.2.3.5", "1.2.3.4/32"));
    assert_true(is_in("fd00::1", "fd00::/8"));
    assert_false(is_in("fc00::1", "fd00::/8"));
    assert_false(is_in("1.2.3.4", "::/0"));
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "10.0.0.0/33", "10.0.0.0/",   "10.0.0/8",
                                      "10.0.0.0/x", "10.0.0.0/8x", "fd00::/129",  "host",
                                      "/8",         "10.0.0.0/-1", "10.0.0.0/ 8", "fd00::%eth0/8"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct network network = {.bits = 77};
        assert_fails(ERR_CONFIG, network_parse(bad[i], &network, &err));
        assert_int_equal(network.bits, 77);
    }
}

static void this_machine_knows_its_own_addresses(void **state)
{
    (void)state;
    union any_address own = address_of("127.0.0.1");
    union any_address other = address_of("93.184.216.34");
    assert_true(address_is_own(&own.any));
    assert_false(address_is_own(&other.any));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_addresses_are_told_from_all_others),
        cmocka_unit_test(a_network_contains_its_prefix_bit_by_bit),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(this_machine_knows_its_own_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
