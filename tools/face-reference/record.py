"""Records what the reference implementation (OpenCV's YuNet and SFace) says of the sample photos.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python record.py MODELS SAMPLES ../../crates/face/tests/reference.json

OpenCV 5.0 does not run the embedder: its new graph engine stumbles over inputs that no node uses.

MODELS and SAMPLES are the folders that `menshen models install` fills. No photo and no person's embedding is written:
boxes, landmarks and similarities of pairs, and SFace's answer to a pattern that shows nobody.
"""

import itertools
import json
import sys
from pathlib import Path

import cv2
import numpy

PHOTOS = ["obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png"]
DETECTOR = "face_detection_yunet_2023mar_int8bq.onnx"
EMBEDDER = "face_recognition_sface_2021dec_int8bq.onnx"
WORKING_SIDE = 640
MIN_SCORE, MAX_OVERLAP, MAX_CANDIDATES = 0.6, 0.3, 5000
ALIGNED_SIDE = 112


def shrunk(picture):
    """The longer side brought to 640 by averaging areas, as the engine does."""
    height, width = picture.shape[:2]
    factor = min(1.0, WORKING_SIDE / max(width, height))
    size = (round(width * factor), round(height * factor))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if factor < 1.0 else picture


def pattern():
    """Numbers without a face; the test makes the same ones. Blue, green, red."""
    y, x, channel = numpy.mgrid[0:ALIGNED_SIDE, 0:ALIGNED_SIDE, 0:3]
    red_green_blue = (x * 7 + y * 13 + channel * 29 + (x * y) % 31 * 5) % 256
    return numpy.ascontiguousarray(red_green_blue[:, :, ::-1].astype(numpy.uint8))


def normalised(feature):
    feature = feature.flatten().astype(numpy.float64)
    return feature / numpy.linalg.norm(feature)


def lines_of(value):
    """One line per entry of a list of objects, so that a new recording can be compared with the old one."""
    if isinstance(value, list) and isinstance(value[0], dict):
        return "[\n" + ",\n".join("  " + json.dumps(entry) for entry in value) + "\n ]"
    return json.dumps(value)


def main(models, samples, target):
    detector = cv2.FaceDetectorYN.create(
        str(models / DETECTOR), "", (320, 320), MIN_SCORE, MAX_OVERLAP, MAX_CANDIDATES
    )
    embedder = cv2.FaceRecognizerSF.create(str(models / EMBEDDER), "")
    photos, features = [], {}
    for name in PHOTOS:
        picture = shrunk(cv2.imread(str(samples / name), cv2.IMREAD_COLOR))
        height, width = picture.shape[:2]
        detector.setInputSize((width, height))
        _, faces = detector.detect(picture)
        face = max(faces, key=lambda face: face[2] * face[3])
        features[name] = normalised(embedder.feature(embedder.alignCrop(picture, face)))
        numbers = [round(float(number), 3) for number in face]
        photos.append({
            "name": name,
            "working_sides": [width, height],
            "faces": len(faces),
            "box": numbers[:4],
            "landmarks": [numbers[4 + 2 * point : 6 + 2 * point] for point in range(5)],
            "score": round(float(face[14]), 5),
        })
    pairs = [
        {"photos": [a, b], "similarity": round(float(features[a] @ features[b]), 5)}
        for a, b in itertools.combinations(PHOTOS, 2)
    ]
    embedding = [round(float(number), 6) for number in normalised(embedder.feature(pattern()))]
    recorded = {"opencv": cv2.__version__, "photos": photos, "pairs": pairs, "pattern_embedding": embedding}
    lines = [f' "{key}": {lines_of(value)}' for key, value in recorded.items()]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
