"""Text of templates by chance, the same for the same seed."""

import random


class Grammar:
    """Templates by chance, mostly right."""

    NAMES = ["a", "b", "c", "d", "e", "client", "items", "x1", "total", "loop", "caller"]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def name(self):
        return self.random.choice(self.NAMES)

    def expression(self, depth=0):
        pick = self.random.randrange(14 if depth < 3 else 4)
        deeper = lambda: self.expression(depth + 1)
        if pick < 3:
            return self.name() + self.random.choice(["", "", ".name", "[0]", ".full()", f"[{self.name()}]", "['k']"])
        if pick == 3:
            return self.random.choice(["1", "'t'", '"u"', "2.5", "true", "none", "“v”"])
        if pick in (4, 5):
            return f"{deeper()} {self.random.choice(['+', '-', '*', '/', '//', '%', '~', '**'])} {deeper()}"
        if pick in (6, 7):
            return f"{deeper()} {self.random.choice(['==', '!=', '<', '>=', 'in', 'not in', 'and', 'or'])} {deeper()}"
        if pick == 8:
            return f"({deeper()} if {deeper()} else {deeper()})"
        if pick == 9:
            return f"{self.name()} | {self.random.choice(['upper', 'default(b)', 'join(c)', 'length'])}"
        if pick == 10:
            return f"{self.name()} is {self.random.choice(['defined', 'not none', 'divisibleby 2', 'sameas(d)'])}"
        if pick == 11:
            return f"{self.name()}({deeper()}, k={deeper()})"
        if pick == 12:
            return f"[{deeper()}, {deeper()}]"
        return f"not {deeper()}" if depth == 0 else f"({deeper()})"

    def body(self, depth=0):
        return "".join(self.statement(depth) for _ in range(self.random.randrange(1, 4)))

    def statement(self, depth):
        pick = self.random.randrange(14 if depth < 3 else 5)
        inner = lambda: self.body(depth + 1)
        if pick < 3:
            return "text {{ " + self.expression() + " }} "
        if pick == 3:
            return f"{{% set {self.name_to_set()} = {self.expression()} %}}"
        if pick == 4:
            return "{# a comment #}"
        if pick < 8:
            other = self.random.choice(["", f"{{% else %}}{inner()}", f"{{% elif {self.condition()} %}}{inner()}{{% else %}}{inner()}"])
            return f"{{% if {self.condition()} %}}{inner()}{other}{{% endif %}}"
        if pick < 11:
            test = self.random.choice(["", "", f" if {self.expression()}"])
            other = self.random.choice(["", "", f"{{% else %}}{inner()}"])
            return f"{{% for {self.name_to_set()} in {self.condition()}{test} %}}{inner()}{other}{{% endfor %}}"
        if pick == 11:
            return f"{{% with {self.name_to_set()} = {self.expression()} %}}{inner()}{{% endwith %}}"
        if pick == 12:
            name = self.name_to_set()
            return f"{{% macro m_{name}({name}, z={self.expression()}) %}}{inner()}{{% endmacro %}}{{{{ m_{name}(1) }}}}"
        return f"{{% set {self.name_to_set()} %}}{inner()}{{% endset %}}"

    def condition(self):
        return self.expression(1)

    def name_to_set(self):
        return self.random.choice([name for name in self.NAMES if name != "loop"])

    def runs(self):
        text = self.body()
        if self.random.random() < 0.4:
            at = self.random.randrange(len(text))
            text = text[:at] + self.random.choice(["", "", text[at] * 2, "}", "{", "'"]) + text[at + 1 :]
        while text:
            length = self.random.randrange(1, 25)
            yield text[:length]
            text = text[length:]
