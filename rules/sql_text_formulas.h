/*
 * Operators of diff/expr.h as SQL over $u and $v, for rules/sql_text_expr.c only. PostgreSQL fails
 * where the result of double arithmetic overflows, or becomes 0 by underflow; each formula avoids
 * that with conditions that are exact, because they compare with products and quotients by powers
 * of two. CASE evaluates its branches in order and only the one that is taken.
 */
#ifndef LG_RULES_SQL_TEXT_FORMULAS_H
#define LG_RULES_SQL_TEXT_FORMULAS_H

#include "rules/sql_text_expr.h"

#define LARGER "greatest(abs($u), abs($v))"
#define SMALLER "least(abs($u), abs($v))"
#define ANY_NULL "$u is null or $v is null"
#define NOT_FINITE LARGER " >= " SQL_INFINITY

#define TWO_TO_512 "1.3407807929942597e154::float8"
#define TWO_TO_MINUS_512 "7.458340731200207e-155::float8"
#define TWO_TO_600 "4.149515568880993e180::float8"
#define TWO_TO_MINUS_600 "2.409919865102884e-181::float8"
#define TWO_TO_500 "3.273390607896142e150"
#define TWO_TO_MINUS_500 "3.054936363499605e-151"
#define TWO_TO_MINUS_538 "1.1113793747425387e-162"
#define TWO_TO_MINUS_51 "4.440892098500626e-16"
#define TWO_TO_1023 "8.98846567431158e307"
#define TWO_TO_200 "1.6069380442589903e60::float8"
#define TWO_TO_MINUS_60 "8.673617379884035e-19"
#define TWO_TO_MINUS_176 "1.044048714879764e-53"
#define TWO_TO_125 "4.253529586511731e37"

/* Half the sum shows whether the sum overflows. A value below 1e290 cannot make it. */
#define NO_OVERFLOW LARGER " < 8e307 or " SMALLER " < 1e290 or " NOT_FINITE
#define FORMULA_ADD                                                                                \
    "case when " NO_OVERFLOW " or abs($u / 2 + $v / 2) < " TWO_TO_1023                             \
    " then $u + $v else ($u / 2 + $v / 2) * " SQL_INFINITY " end"
#define FORMULA_SUB                                                                                \
    "case when " NO_OVERFLOW " or abs($u / 2 - $v / 2) < " TWO_TO_1023                             \
    " then $u - $v else ($u / 2 - $v / 2) * " SQL_INFINITY " end"

#define FORMULA_MUL                                                                                \
    "case when " ANY_NULL " then null "                                                            \
    "when abs($u) between 1e-140 and 1e140 and abs($v) between 1e-140 and 1e140 then $u * $v "     \
    "when $u = 0 or $v = 0 or " NOT_FINITE " then $u * $v "                                        \
    "when " LARGER " >= " TWO_TO_512 " and " SMALLER " >= " TWO_TO_MINUS_500                       \
    " then case when abs(($u * " TWO_TO_MINUS_512 ") * ($v * " TWO_TO_MINUS_512                    \
    ")) < 1 then $u * $v else sign($u) * sign($v) * " SQL_INFINITY " end "                         \
    "when " LARGER " <= " TWO_TO_MINUS_538 " then 0 "                                              \
    "when " LARGER " <= " TWO_TO_500 " and " SMALLER " <= " TWO_TO_MINUS_500                       \
    " then case when abs(($u * " TWO_TO_512 ") * ($v * " TWO_TO_512 ")) > " TWO_TO_MINUS_51        \
    " then $u * $v else 0 end "                                                                    \
    "else $u * $v end"

#define FORMULA_DIV                                                                                \
    "case when " ANY_NULL " or $v = 0 then null "                                                  \
    "when abs($u) between 1e-140 and 1e140 and abs($v) between 1e-140 and 1e140 then $u / $v "     \
    "when abs($v) = " SQL_INFINITY " and abs($u) < " SQL_INFINITY " then 0 "                       \
    "when $u = 0 or " NOT_FINITE " then $u / $v "                                                  \
    "when abs($v) < 1 and abs($u) >= " TWO_TO_MINUS_60                                             \
    " then case when abs($u) < abs($v) * " TWO_TO_200 " or abs(($u * " TWO_TO_MINUS_600            \
    ") / ($v * " TWO_TO_600 ")) < " TWO_TO_MINUS_176                                               \
    " then $u / $v else sign($u) * sign($v) * " SQL_INFINITY " end "                               \
    "when abs($v) > 1 and abs($u) < 1 "                                                            \
    "then case when abs($v) < abs($u) * " TWO_TO_200 " or abs(($u * " TWO_TO_600                   \
    ") / ($v * " TWO_TO_MINUS_600 ")) > " TWO_TO_125 " then $u / $v else 0 end "                   \
    "else $u / $v end"

#define FORMULA_SHIFT                                                                              \
    "case when " ANY_NULL " then null when $u = $v then 0 when " NOT_FINITE " then " SQL_NAN       \
    " when " NO_OVERFLOW " or abs($u / 2 - $v / 2) < " TWO_TO_1023 " then ($u - $v) / " LARGER     \
    " else ($u / 2 - $v / 2) * " SQL_INFINITY " end"

#define FORMULA_JUMPED                                                                             \
    "case when " ANY_NULL " then null when " NOT_FINITE " then false "                             \
    "when " LARGER " < 4e307 then 2 * abs($u - $v) > " LARGER " when " SMALLER                     \
    " < 1e290 then true else 2 * abs($u / 8 - $v / 8) > " LARGER " / 8 end"
#define FORMULA_JUMPED_COUNT                                                                       \
    "abs($u - $v) > 0.5 * " LARGER " and abs($u - $v) > 4 * sqrt(" LARGER ") + 1"

/* Half away from zero; what is beyond 2^52 is whole. */
#define FORMULA_ROUND                                                                              \
    "case when abs($u) < 4503599627370496 then trunc($u) + "                                       \
    "case when abs($u - trunc($u)) >= 0.5 then sign($u) else 0 end else $u end"

#define FORMULA_LN "case when $u > 0 then ln($u) end"
#define FORMULA_SQRT "case when $u >= 0 then sqrt($u) end"

/* The exponent, so that powers of two are exact, and the logarithm of what is left, near 1. */
#define EXPONENT(u) "((('x' || encode(float8send(" u "), 'hex'))::bit(64)::bigint >> 52) - 1023)"
#define LOG2_OF(u, offset)                                                                         \
    "(select x.e - " offset " + ln(" u " / 2 / power(2::float8, x.e - 1)) / 0.6931471805599453 "   \
    "from (select 1 + " EXPONENT("(" u " / 1.4142135623730951)") " as e offset 0) x)"
#define FORMULA_LOG2                                                                               \
    "case when $u >= " SQL_INFINITY " then $u when $u >= 1e-300 then " LOG2_OF(                    \
        "$u", "0") " when $u > 0 then " LOG2_OF("$u * 18014398509481984", "54") " end"

/* PostgreSQL also fails where the result is below all normal doubles. */
#define FORMULA_EXP                                                                                \
    "case when $u > 709.78271289338397 and $u < " SQL_INFINITY " then " SQL_INFINITY               \
    " when $u < -745.13321910194122 then 0 when $u < -744.4 then '4.94e-324'::float8 "             \
    "when $u < -708.39 then exp($u + 100) * 3.720075976020836e-44 else exp($u) end"

#define FORMULA_NUMERIC_TO_DOUBLE                                                                  \
    "case when abs($u) >= " SQL_OVERFLOW " and $u <> 'NaN' then sign($u)::float8 * " SQL_INFINITY  \
    " when abs($u) <= 2.4703282292062327208e-324 then 0 else $u::float8 end"

/*
 * Exact decimal digits of a finite double: of the common ones as two whole numbers, of others from
 * their bits, as digits times a power of two.
 */
#define BITS "('x' || encode(float8send($u), 'hex'))::bit(64)::bigint"
#define FORMULA_EXACT                                                                              \
    "case when $u = 0 then 0::numeric when abs($u) < 4e18 and abs($u) >= 0.0009765625 "            \
    "then trunc($u)::bigint::numeric + "                                                           \
    "(($u - trunc($u)) * 9223372036854775808)::bigint::numeric * "                                 \
    "0.000000000000000000108420217248550443400745280086994171142578125 "                           \
    "else (select sign($u)::numeric * x.m::numeric * case when x.e >= 0 "                          \
    "then power(2::numeric, x.e::numeric) "                                                        \
    "else power(5::numeric, (-x.e)::numeric) * ('1e' || x.e)::numeric end "                        \
    "from (select (" BITS " & 4503599627370495) + case when (" BITS " >> 52) & 2047 = 0 "          \
    "then 0 else 4503599627370496 end as m, greatest((" BITS " >> 52) & 2047, 1) - 1075 as e "     \
    "offset 0) x) end"

#define FORMULA_DOUBLE_TO_NUMERIC                                                                  \
    "case when abs($u) >= " SQL_INFINITY " then $u::numeric else " FORMULA_EXACT " end"

#define IS_INFINITE_TIME(u) u " in (" SQL_MIN_TIME ", " SQL_MAX_TIME ")"

/* Times within these can be moved; the bounds stand for dates that do not fit. */
#define FIRST_TIME "'-9223372036854775807'::bigint"
#define LAST_TIME "9223372036854775806"
#define IN_REACH "between '-9223372036854775806'::bigint and 9223372036854775805"
#define FITS "between '-9223372036854775808'::bigint and 9223372036854775807"

#define FORMULA_DATE_TO_TIME                                                                       \
    "case when " IS_INFINITE_TIME("$u") " then $u when $u > 106751991 then " LAST_TIME             \
                                        " when $u < -106751991 then " FIRST_TIME                   \
                                        " else $u * 86400000000 end"

#define FORMULA_ADD_TIME                                                                           \
    "case when " ANY_NULL                                                                          \
    " then null when " IS_INFINITE_TIME("$u") " then $u "                                          \
                                              "when $u " IN_REACH                                  \
                                              " and $u::numeric + $v::numeric " IN_REACH           \
                                              " then $u + $v end"
#define FORMULA_SUB_TIME                                                                           \
    "case when " ANY_NULL                                                                          \
    " then null when " IS_INFINITE_TIME("$u") " then $u "                                          \
                                              "when $u " IN_REACH                                  \
                                              " and $u::numeric - $v::numeric " IN_REACH           \
                                              " then $u - $v end"
#define FORMULA_SUB_TIMES                                                                          \
    "case when $u " IN_REACH " and $v " IN_REACH " and $u::numeric - $v::numeric " FITS            \
    " then $u - $v end"
#define FORMULA_SUB_DATES                                                                          \
    "case when not " IS_INFINITE_TIME("$u") " and not " IS_INFINITE_TIME(                          \
        "$v") " and $u - $v between -106751991 and 106751991 then ($u - $v) * 86400000000 end"

#define FORMULA_ADD_DURATIONS "case when $u::numeric + $v::numeric " FITS " then $u + $v end"
#define FORMULA_SUB_DURATIONS "case when $u::numeric - $v::numeric " FITS " then $u - $v end"
#define FORMULA_MUL_DURATION_INTEGER "case when $u::numeric * $v::numeric " FITS " then $u * $v end"
#define FORMULA_NEG_WHOLE "case when $u <> " SQL_MIN_TIME " then -$u end"
#define FORMULA_ABS_WHOLE "case when $u <> " SQL_MIN_TIME " then abs($u) end"

#define FORMULA_MUL_DURATION "$u::numeric * $v"
/* With enough decimals to tell which whole number is nearest. */
#define FORMULA_DIV_DURATION "case when $v <> 0 then $u * 1.000000000000000000000000000000 / $v end"

/* The nearest whole number, the even one of two; and that as a duration if it fits. */
#define FORMULA_NEAREST                                                                            \
    "case when abs($u - trunc($u)) = 0.5 then 2 * round($u / 2) else round($u) end"
#define FORMULA_WHOLE_TO_DURATION "case when abs($u) < 9223372036854775808 then $u::bigint end"

#endif
