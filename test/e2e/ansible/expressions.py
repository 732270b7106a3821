"""Renders templates as Ansible does.

Reads {"variables", "templates"} as JSON and writes a list of the texts they give, null for each that is refused.
"""

import json
import sys
import warnings

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

warnings.simplefilter("ignore")


def main():
    given = json.load(sys.stdin)
    templar = Templar(DataLoader(), variables=given["variables"])
    texts = []
    for template in given["templates"]:
        try:
            texts.append(templar.template("|" + template, convert_data=False)[1:])
        except Exception:
            texts.append(None)
    json.dump(texts, sys.stdout)


main()
