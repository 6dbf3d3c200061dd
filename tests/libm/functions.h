/* The functions that are measured and where. POINTS_FUNCTIONS(F) is a list of
 *   F(name, arguments, format, MPFR's function, the domains of its arguments)
 * A domain is LINEAR(from, to), or POWERS(from, to): plus or minus 2 to an exponent between these, or
 * POSITIVE(from, to), the same without the minus. */
#pragma once

#define POINTS_FUNCTIONS(F)                                                              \
    F(acos, 1, double, mpfr_acos, LINEAR(-1, 1))                                         \
    F(acosh, 1, double, mpfr_acosh, POSITIVE(0, 1000))                                   \
    F(asin, 1, double, mpfr_asin, LINEAR(-1, 1))                                         \
    F(asinh, 1, double, mpfr_asinh, POWERS(-60, 1000))                                   \
    F(atan, 1, double, mpfr_atan, POWERS(-60, 80))                                       \
    F(atan2, 2, double, mpfr_atan2, POWERS(-40, 40), POWERS(-40, 40))                    \
    F(atanh, 1, double, mpfr_atanh, LINEAR(-1, 1))                                       \
    F(cbrt, 1, double, mpfr_cbrt, POWERS(-1070, 1020))                                   \
    F(cos, 1, double, mpfr_cos, POWERS(-60, 1000))                                       \
    F(cosh, 1, double, mpfr_cosh, LINEAR(-700, 700))                                     \
    F(erf, 1, double, mpfr_erf, LINEAR(-6, 6))                                           \
    F(erfc, 1, double, mpfr_erfc, LINEAR(-6, 26))                                        \
    F(exp, 1, double, mpfr_exp, LINEAR(-740, 709))                                       \
    F(exp2, 1, double, mpfr_exp2, LINEAR(-1070, 1023))                                   \
    F(exp10, 1, double, mpfr_exp10, LINEAR(-307, 308))                                   \
    F(expm1, 1, double, mpfr_expm1, POWERS(-60, 9))                                      \
    F(fma, 3, double, mpfr_fma, POWERS(-300, 300), POWERS(-300, 300), POWERS(-300, 300)) \
    F(fmod, 2, double, mpfr_fmod, POWERS(-100, 100), POWERS(-100, 100))                  \
    F(hypot, 2, double, mpfr_hypot, POWERS(-1000, 1000), POWERS(-1000, 1000))            \
    F(lgamma, 1, double, lgamma_exact, LINEAR(0, 1000))                                  \
    F(log, 1, double, mpfr_log, POSITIVE(-1070, 1023))                                   \
    F(log10, 1, double, mpfr_log10, POSITIVE(-1070, 1023))                               \
    F(log1p, 1, double, mpfr_log1p, LINEAR(-1, 10))                                      \
    F(log2, 1, double, mpfr_log2, POSITIVE(-1070, 1023))                                 \
    F(pow, 2, double, mpfr_pow, POSITIVE(-20, 20), LINEAR(-50, 50))                      \
    F(remainder, 2, double, mpfr_remainder, POWERS(-100, 100), POWERS(-100, 100))        \
    F(sin, 1, double, mpfr_sin, POWERS(-60, 1000))                                       \
    F(sinh, 1, double, mpfr_sinh, POWERS(-60, 9))                                        \
    F(sqrt, 1, double, mpfr_sqrt, POSITIVE(-1070, 1023))                                 \
    F(tan, 1, double, mpfr_tan, POWERS(-60, 1000))                                       \
    F(tanh, 1, double, mpfr_tanh, POWERS(-60, 5))                                        \
    F(tgamma, 1, double, mpfr_gamma, LINEAR(-20, 170))                                   \
    F(atanf, 1, float, mpfr_atan, POWERS(-30, 40))                                       \
    F(cbrtf, 1, float, mpfr_cbrt, POWERS(-148, 127))                                     \
    F(cosf, 1, float, mpfr_cos, POWERS(-30, 127))                                        \
    F(expf, 1, float, mpfr_exp, LINEAR(-100, 88))                                        \
    F(logf, 1, float, mpfr_log, POSITIVE(-148, 127))                                     \
    F(powf, 2, float, mpfr_pow, POSITIVE(-10, 10), LINEAR(-12, 12))                      \
    F(sinf, 1, float, mpfr_sin, POWERS(-30, 127))                                        \
    F(tanf, 1, float, mpfr_tan, POWERS(-30, 127))
