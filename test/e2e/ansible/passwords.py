"""Looks passwords up as Ansible does.

Reads a list of {"file", "text", "term"} as JSON: text is what the file holds, null when it is not there. Writes a list of
{"result", "after"}: what the lookup gives, null when it refuses, and what the file holds then. Hashes have the rounds that
Ansible gives them with passlib, which this makes do with crypt(3).
"""

import json
import os
import sys
import warnings

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.utils.encrypt import CryptHash

warnings.simplefilter("ignore")
PASSLIB_ROUNDS = {"sha512_crypt": 656000, "sha256_crypt": 535000}
CryptHash._rounds = lambda self, rounds: rounds or PASSLIB_ROUNDS[self.algorithm]


def main():
    seen = []
    for one in json.load(sys.stdin):
        if one["text"] is not None:
            with open(one["file"], "w") as file:
                file.write(one["text"])
        try:
            result = Templar(DataLoader(), variables={}).template("|{{ lookup('password', '%s') }}" % one["term"])[1:]
        except Exception:
            result = None
        after = open(one["file"]).read() if os.path.exists(one["file"]) else None
        seen.append({"result": result, "after": after})
    json.dump(seen, sys.stdout)


main()
