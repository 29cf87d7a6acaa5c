"""What search-and-learn takes for units, in the order in which it takes them out.

The list comes from MathQA by way of Qwen2.5-Math; a dot in it matches any character.
"""

from typing import Final

_LIST = """
east, degree, mph, kmph, ft, m sqaure, _m east, sq m, deg, mile, q ., monkey, prime, ratio,
profit of rs, rd, o, gm, p . m, lb, tile, per, dm, lt, gain, ab, way, west, a ., b ., c ., d .,
e ., f ., g ., h ., t, a, h, no change, men, soldier, pie, bc, excess, st, inches, noon, percent,
by, gal, kmh, c, acre, rise, a . m, th, \u03c0 r 2, sq, mark, l, toy, coin, sq . m, gallon,
\u00b0 f, profit, minw, yr, women, feet, am, pm, hr, cu cm, square, v \u00e2 \u20ac \u2122, are,
rupee, rounds, cubic, cc, mtr, s, ohm, number, kmph, day, hour, minute, min, second, man, woman,
sec, cube, mt, sq inch, mp, \u220f cm \u00b3, hectare, more, sec, unit, cu . m, cm 2, rs ., rs,
kg, g, month, km, m, cm, mm, apple, liter, loss, yard, pure, year, increase, decrease, d, less,
Surface, litre, pi sq m, s ., metre, meter, inch
"""

UNITS: Final = tuple(unit.strip().replace("_", " ") for unit in _LIST.split(","))
