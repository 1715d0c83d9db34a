/*
 * What the default rules make of each incident: the table that the tests hold them to. The shares
 * are the smallest that 59 of 60 trials catch at least; docs/incidents.md has less than that, too.
 */
#ifndef LG_TESTS_INCIDENTS_EXPECTED_H
#define LG_TESTS_INCIDENTS_EXPECTED_H

#include "rules/judgement.h"

enum temperature {
    COLD, /* a comparison of two nights */
    WARM, /* with the nights before */
};

struct expectation {
    const char *incident;
    enum temperature temperature;
    double small;         /* smallest share at 10 thousand rows */
    double large;         /* the same at a million */
    enum verdict verdict; /* at least */
    const char *rule;     /* that has to speak */
    const char *sentence; /* what its sentence has to have in it */
};

extern const struct expectation expectations[];
extern const size_t n_expectations;

#endif
