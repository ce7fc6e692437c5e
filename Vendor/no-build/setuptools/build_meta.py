"""Stands in for setuptools while pip downloads a source distribution.

pip insists on asking a build backend for a source distribution's metadata before it keeps the file. pybullet's own answer
needs setuptools and wheel and lists every file; this one hands over the metadata that the distribution already carries.
"""

import email
import os
import shutil


class __legacy__:  # the name pip calls for projects without a pyproject.toml
    @staticmethod
    def prepare_metadata_for_build_wheel(folder, config_settings=None):
        with open("PKG-INFO", encoding="utf-8") as file:
            info = email.message_from_file(file)
        name = f"{info['Name']}-{info['Version']}.dist-info"
        os.mkdir(os.path.join(folder, name))
        shutil.copyfile("PKG-INFO", os.path.join(folder, name, "METADATA"))
        return name
