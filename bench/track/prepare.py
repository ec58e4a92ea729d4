#!/usr/bin/env python3
"""Turns the public tracking data into what bench/track reads.

usage: prepare.py DATA OUT     DATA holds campus-auditorium, tud-campus, pets09, multiviewx

Writes OUT/NAME.det.txt and OUT/NAME.truth.txt (MOTChallenge text, frames from 1) and
OUT/campus.json, OUT/multiviewx.json (calibrations as `cloudpick track run` reads them).
"""
import gzip
import json
import math
import os
import re
import sys
import xml.etree.ElementTree as ElementTree


def write_rows(path, rows):
    rows.sort(key=lambda row: (row[0], row[1]))
    with open(path, "w") as out:
        for frame, number, left, top, width, height, confidence in rows:
            out.write(f"{frame},{number},{left:.2f},{top:.2f},{width:.2f},{height:.2f},"
                      f"{confidence:.4f},-1,-1,-1\n")


def campus(data, out):
    """Frames count from 0 in both files; boxes of the detector are shares of the picture."""
    folder = os.path.join(data, "campus-auditorium")
    for view in "HC3", "HC4":
        truth = []
        with gzip.open(f"{folder}/view-{view}.txt.gz", "rt") as lines:
            for line in lines:
                fields = line.split()
                track, left, top, right, bottom, frame, lost = map(int, fields[:7])
                if not lost:
                    truth.append((frame + 1, track, left, top, right - left, bottom - top, 1))
        write_rows(f"{out}/campus-{view}.truth.txt", truth)
        with gzip.open(f"{folder}/view-{view}-rendered.detections.json.gz") as file:
            record = json.load(file)
        width, height = record["video_info"]["width"], record["video_info"]["height"]
        boxes = []
        for frame in record["frames"]:
            for found in frame["detections"]:
                box = found["bbox"]
                left, top = box["left"] * width, box["top"] * height
                boxes.append((frame["frame_number"] + 1, -1, left, top,
                              box["right"] * width - left, box["bottom"] * height - top,
                              found["confidence"]))
        write_rows(f"{out}/campus-{view}.det.txt", boxes)
    with open(f"{folder}/cam_param.json") as file:
        parameters = json.load(file)
    cameras = []
    for camera in parameters["cam_param"]:
        # T is the camera's place in the world; the product wants x_camera = R x_world + t.
        rotation, place = camera["R"], camera["T"]
        matrix = [row[:] for row in camera["K"]]
        matrix[0][2], matrix[1][2] = camera["center"]
        cameras.append({
            "id": "campus-" + camera["name"].replace("view-", ""), "size": [1920, 1080],
            "K": matrix, "R": rotation,
            "t": [-sum(rotation[i][k] * place[k] for k in range(3)) for i in range(3)]})
    with open(f"{out}/campus.json", "w") as file:
        json.dump({"cameras": cameras}, file, indent=1)


def copy_mot(source, target):
    with open(source) as lines, open(target, "w") as out:
        out.writelines(sorted(lines, key=lambda line: int(line.split(",")[0])))


def matrix_of(root, name):
    node = root.find(name)
    columns = int(node.find("cols").text)
    numbers = [float(text) for text in node.find("data").text.split()]
    return [numbers[i:i + columns] for i in range(0, len(numbers), columns)]


def rotation_of(vector):
    """Rodrigues' formula."""
    angle = math.sqrt(sum(v * v for v in vector))
    x, y, z = (v / angle for v in vector)
    c, s = math.cos(angle), math.sin(angle)
    d = 1 - c
    return [[c + x * x * d, x * y * d - z * s, x * z * d + y * s],
            [y * x * d + z * s, c + y * y * d, y * z * d - x * s],
            [z * x * d - y * s, z * y * d + x * s, c + z * z * d]]


def multiviewx(data, out):
    """25 x 16 m in a grid of 1000 x 640; the truth's boxes serve as detections.

    The data's world is left-handed and its cameras look backwards, which cancels out in pixels
    only; turning y round and the signs of R and t makes it a world that can exist.
    """
    folder = os.path.join(data, "multiviewx")
    cameras = []
    for number in range(1, 7):
        intrinsic = ElementTree.parse(f"{folder}/calibrations/intrinsic/intr_Camera{number}.xml")
        extrinsic = ElementTree.parse(f"{folder}/calibrations/extrinsic/extr_Camera{number}.xml")
        rotation = [row[0] for row in matrix_of(extrinsic.getroot(), "rvec")]
        cameras.append({
            "id": f"multiviewx-{number}", "size": [1920, 1080],
            "K": matrix_of(intrinsic.getroot(), "camera_matrix"),
            "R": [[-row[0], row[1], -row[2]] for row in rotation_of(rotation)],
            "t": [-row[0] for row in matrix_of(extrinsic.getroot(), "tvec")],
            "dist": matrix_of(intrinsic.getroot(), "distortion_coefficients")[0]})
    with open(f"{out}/multiviewx.json", "w") as file:
        json.dump({"cameras": cameras}, file, indent=1)
    boxes = {number: [] for number in range(6)}
    with open(f"{out}/multiviewx.truth.txt", "w") as truth:
        for name in sorted(os.listdir(f"{folder}/annotations_positions")):
            frame = int(re.match(r"\d+", name).group())
            with open(f"{folder}/annotations_positions/{name}") as file:
                for person in json.load(file):
                    x = person["positionID"] % 1000 * 0.025
                    y = -(person["positionID"] // 1000 * 0.025)
                    truth.write(f"{frame},{person['personID']},-1,-1,-1,-1,1,{x:.3f},{y:.3f},0\n")
                    for view in person["views"]:
                        if view["xmax"] > view["xmin"] and view["ymax"] > view["ymin"]:
                            boxes[view["viewNum"]].append(
                                (frame, person["personID"], view["xmin"], view["ymin"],
                                 view["xmax"] - view["xmin"], view["ymax"] - view["ymin"], 1))
    for number, rows in boxes.items():
        write_rows(f"{out}/multiviewx-{number + 1}.truth-boxes.txt", rows)
        write_rows(f"{out}/multiviewx-{number + 1}.det.txt",
                   [row[:1] + (-1,) + row[2:] for row in rows])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data, out = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    campus(data, out)
    multiviewx(data, out)
    copy_mot(f"{data}/tud-campus/TUD-Campus.det.txt", f"{out}/tud-campus.det.txt")
    copy_mot(f"{data}/tud-campus/TUD-Campus.gt.txt", f"{out}/tud-campus.truth.txt")
    copy_mot(f"{data}/pets09/det.txt", f"{out}/pets09.det.txt")
    copy_mot(f"{data}/pets09/gt_sample_8frames.txt", f"{out}/pets09.truth.txt")


main()
